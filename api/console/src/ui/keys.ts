// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "react";

/** What a key is called here: "j", "?", "Ctrl+k", "Alt+Digit1" (with Alt by place, layouts differ). */
export function keyName(event: KeyboardEvent): string {
  if (event.altKey) return `Alt+${event.code}`;
  if (event.ctrlKey || event.metaKey) return `Ctrl+${event.key.toLowerCase()}`;
  return event.key;
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

export type KeyMap = Readonly<Record<string, () => void>>;

/** Single keys work where nobody is writing and no dialog is open; keys with Ctrl or Alt work while writing too. */
export function useKeys(map: KeyMap): void {
  const current = useRef(map);
  useEffect(() => {
    current.current = map;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const name = keyName(event);
      const act = current.current[name];
      if (act === undefined) return;
      if (!name.includes("+") && isWriting(event.target)) return;
      // Enter on a button or a link is that button's or link's.
      if (name === "Enter" && event.target instanceof HTMLElement && event.target.closest("button, a") !== null) return;
      if (document.querySelector("[role=dialog], [role=alertdialog]") !== null) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, []);
}
