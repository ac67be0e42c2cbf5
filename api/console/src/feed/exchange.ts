// SPDX-License-Identifier: Apache-2.0
/**
 * One stream from the house for all tabs: over HTTP/1.1 a browser opens six connections, and eight tabs
 * with a stream each would leave none for an act. Lives in a SharedWorker; knows no browser itself.
 */

import type { Frame, Snapshot } from "../api/types";
import { Rows } from "../logic/rows";
import { Stream, type Line, type StreamOptions } from "../logic/stream";
import type { Said, Told } from "./messages";

/** As much of a MessagePort as is needed here. */
export interface Outlet {
  postMessage: (told: Told) => void;
}

type Options = Pick<StreamOptions, "url" | "fetcher" | "now" | "random">;

export class Exchange {
  private readonly tabs = new Set<Outlet>();
  private rows = new Rows();
  private line: Line = { state: "connecting" };
  private stream: Stream | null = null;
  /** Whether the house has more open incidents than its snapshot held; then tabs read further pages. */
  private partial = false;

  constructor(private readonly options: Options) {}

  take(tab: Outlet, said: Said): void {
    switch (said.kind) {
      case "hello":
        this.tabs.add(tab);
        if (this.stream === null || this.line.state === "signed-out") this.begin();
        this.catchUp(tab);
        break;
      case "again":
        this.catchUp(tab);
        break;
      case "nudge":
        this.stream?.nudge();
        break;
      case "bye":
        this.tabs.delete(tab);
        if (this.tabs.size === 0) this.end();
        break;
    }
  }

  private begin(): void {
    this.stream?.stop();
    this.rows = new Rows();
    this.stream = new Stream({
      ...this.options,
      rows: this.rows,
      onChange: () => undefined,
      onLine: (line) => {
        this.line = line;
        this.tell({ kind: "line", line, ...this.clock() });
      },
      onFrame: (frame) => {
        if (frame.event === "snapshot") this.partial = frame.data.total > frame.data.incidents.length;
        this.tell({ kind: "frame", frame, ...this.clock() });
      },
    });
    this.stream.start();
  }

  private end(): void {
    this.stream?.stop();
    this.stream = null;
  }

  /** Gives one tab all that is known, as a snapshot of this moment. */
  private catchUp(tab: Outlet): void {
    tab.postMessage({ kind: "line", line: this.line, ...this.clock() });
    if (this.rows.snapshots === 0) return;
    const known = [...this.rows.incidents.values()];
    const data: Snapshot = {
      epoch: this.rows.epoch,
      seq: this.rows.seq,
      prev: null,
      incidents: known,
      total: this.partial ? Math.max(this.rows.total, known.length + 1) : known.length,
      teams: [...this.rows.teams.values()],
      mode: this.rows.mode,
    };
    const frame: Frame = { event: "snapshot", data };
    tab.postMessage({ kind: "frame", frame, ...this.clock() });
    tab.postMessage({ kind: "assignments", rows: [...this.rows.assignments.values()], ...this.clock() });
  }

  private tell(told: Told): void {
    for (const tab of this.tabs) tab.postMessage(told);
  }

  private clock(): { heardAtMs: number; clockAheadMs: number } {
    return { heardAtMs: this.stream?.heardAtMs ?? 0, clockAheadMs: this.stream?.clockAheadMs ?? 0 };
  }
}
