// SPDX-License-Identifier: Apache-2.0
/** A P1 announces itself: a sound, and a line that says the same. The line has its place whether or not it speaks. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { Button, ToggleButton } from "react-aria-components";
import { useTexts } from "../i18n/language";
import { acknowledge, calling, heardBy } from "../logic/alarm";
import { go } from "../ui/address";
import { Bell } from "../ui/bell";
import { useHouse, useNames, useRows } from "../ui/house";
import { useKeys } from "../ui/keys";
import { PriorityMark } from "../ui/marks";

/** How often the sound comes again while nobody has acknowledged, in milliseconds. */
const AGAIN_MS = 8000;
const MUTE = "weirhouse.mute";

/** A bell that wakes at the first touch of the page. */
function useBell(): { bell: Bell; awake: boolean } {
  const [bell] = useState(() => new Bell());
  const [awake, setAwake] = useState(false);
  useEffect(() => {
    const wake = () => {
      void bell.wake().then(() => {
        setAwake(bell.awake);
      });
    };
    const touches = ["pointerdown", "keydown"] as const;
    for (const touch of touches) window.addEventListener(touch, wake);
    return () => {
      for (const touch of touches) window.removeEventListener(touch, wake);
      bell.close();
    };
  }, [bell]);
  return { bell, awake };
}

export function AlarmLine() {
  const { t } = useTexts();
  const { session } = useHouse();
  const feed = useRows();
  const names = useNames();
  const { bell, awake } = useBell();
  const [heard, setHeard] = useState(() => heardBy(localStorage, session.subject));
  const [muted, setMuted] = useState(() => localStorage.getItem(MUTE) === "yes");

  // Another tab of this seat may have acknowledged.
  useEffect(() => {
    const read = () => {
      setHeard(heardBy(localStorage, session.subject));
      setMuted(localStorage.getItem(MUTE) === "yes");
    };
    window.addEventListener("storage", read);
    return () => {
      window.removeEventListener("storage", read);
    };
  }, [session.subject]);

  const waiting = useMemo(() => calling(feed.rows.incidents.values(), heard), [feed, heard]);
  const first = waiting[0];
  const ids = waiting.map((row) => row.id).join(" ");
  useEffect(() => {
    if (ids === "" || muted || !awake) return;
    bell.ring();
    const timer = setInterval(() => {
      bell.ring();
    }, AGAIN_MS);
    return () => {
      clearInterval(timer);
    };
  }, [bell, awake, ids, muted]);

  const silence = useCallback(() => {
    setHeard(acknowledge(localStorage, session.subject, ids === "" ? [] : ids.split(" ")));
  }, [ids, session.subject]);
  useKeys({ s: silence });

  return (
    <div className={first === undefined ? "alarm" : "alarm calling"}>
      <span className="alarm-words" role="alert">
        {first === undefined ? null : (
          <>
            <PriorityMark priority={1} />{" "}
            <b>
              {t("alarm.calls", {
                number: String(first.number),
                type: names.type(first.type),
                place: first.address || (first.lat === null ? t("queue.noplace") : names.zone(first.zone)),
              })}
            </b>
            {waiting.length > 1 ? <span>{t("alarm.more", { count: waiting.length - 1 })}</span> : null}
          </>
        )}
      </span>
      {first === undefined ? <span className="alarm-words quiet">{t("alarm.none")}</span> : null}
      {first === undefined ? null : (
        <>
          <Button
            className="button small"
            onPress={() => {
              go({ screen: "incident", id: first.id, act: "" });
            }}
          >
            {t("alarm.open")}
          </Button>
          <Button className="button primary small" onPress={silence}>
            {t("alarm.acknowledge", { count: waiting.length })} <kbd>s</kbd>
          </Button>
        </>
      )}
      <ToggleButton
        className="button plain small sound"
        isSelected={!muted}
        onChange={(on) => {
          localStorage.setItem(MUTE, on ? "no" : "yes");
          setMuted(!on);
        }}
      >
        {t(muted ? "alarm.sound.off" : awake ? "alarm.sound.on" : "alarm.sound.asleep")}
      </ToggleButton>
    </div>
  );
}
