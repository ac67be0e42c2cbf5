// SPDX-License-Identifier: Apache-2.0
/**
 * The list never moves under the cursor: while a person reads it, rows keep their places, what is new
 * waits and is counted, what has left stays in its place, dimmed, until the list is let go.
 */

export interface View {
  /** Row ids as they stand on the screen. */
  order: readonly string[];
  /** Ids that wait, best first. */
  waiting: readonly string[];
  /** Shown ids that are no longer in the queue. */
  left: ReadonlySet<string>;
  /** Whether letting go would change the places of rows that are shown. */
  moved: boolean;
}

const NOBODY: ReadonlySet<string> = new Set<string>();

/** Returns what to show, given the `live` order and the order `held` in place (null: nothing is held). */
export function view(live: readonly string[], held: readonly string[] | null): View {
  if (held === null) return { order: live, waiting: [], left: NOBODY, moved: false };
  if (live === held) return { order: held, waiting: [], left: NOBODY, moved: false };
  const shown = new Set(held);
  const here = new Set(live);
  const left = new Set(held.filter((id) => !here.has(id)));
  const stayed = left.size === 0 ? held : held.filter((id) => here.has(id));
  const waiting: string[] = [];
  let place = 0;
  let moved = left.size > 0;
  for (const id of live) {
    if (!shown.has(id)) waiting.push(id);
    else if (stayed[place++] !== id) moved = true;
  }
  return { order: held, waiting, left, moved };
}

export interface Reading {
  /** The pointer rests on the list. */
  hovered: boolean;
  /** The keyboard is in the list. */
  focused: boolean;
  /** The list is scrolled away from its top. */
  scrolled: boolean;
}

export function isReading(reading: Reading): boolean {
  return reading.hovered || reading.focused || reading.scrolled;
}
