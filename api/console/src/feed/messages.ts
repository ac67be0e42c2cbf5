// SPDX-License-Identifier: Apache-2.0
/** What a tab and the browser's one feed say to each other. */

import type { Assignment, Frame } from "../api/types";
import type { Line } from "../logic/stream";

/** A tab to the feed. `again`: the tab missed something and wants everything that is known. */
export type Said = { kind: "hello" } | { kind: "again" } | { kind: "nudge" } | { kind: "bye" };

/** How fresh what the feed tells is; see `Stream`. */
export interface Clock {
  heardAtMs: number;
  clockAheadMs: number;
}

/** The feed to a tab. */
export type Told = Clock &
  (
    | { kind: "line"; line: Line }
    | { kind: "frame"; frame: Frame }
    /** Assignments that are known beside a snapshot, which names none. */
    | { kind: "assignments"; rows: Assignment[] }
  );
