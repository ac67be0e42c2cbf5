// SPDX-License-Identifier: Apache-2.0
/** The seat's one feed: stream, rows and further pages, as a store that views subscribe to. */

import { Refusal, Unreachable, type Client } from "../api/client";
import { fill } from "./fill";
import { EVERYTHING, type Filters } from "./filters";
import { Rows } from "./rows";
import { Stream, type Line, type StreamOptions } from "./stream";

/** Where frames come from: a stream of this tab's own, or the browser's one for all tabs. */
export type Source = Pick<Stream, "start" | "stop" | "nudge" | "heardAtMs" | "clockAheadMs">;
export type Open = (options: Pick<StreamOptions, "rows" | "onChange" | "onLine">) => Source;

const FEED = "/v1/feed?kinds=incident,team,assignment";

/** A stream of the tab's own, for browsers without SharedWorker. */
export const ownStream: Open = (options) => new Stream({ ...options, url: FEED });

export class Hub {
  readonly rows = new Rows();
  line: Line = { state: "connecting" };
  private stream: Source | null = null;
  private filters: Filters = EVERYTHING;
  private filling = new AbortController();
  private filledFor = "";
  private readonly listeners = new Set<() => void>();
  private version = 0;

  constructor(
    private readonly client: Client,
    private readonly onSignedOut: () => void,
    private readonly open: Open = ownStream,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Rises whenever something to show has changed. */
  readonly snapshot = (): number => this.version;

  /** The house's clock as well as we know it, in milliseconds. */
  houseNow(): number {
    return Date.now() + (this.stream?.clockAheadMs ?? 0);
  }

  /** How long nothing was heard, in seconds; null before the first word. */
  silence(): number | null {
    const heard = this.stream?.heardAtMs ?? 0;
    return heard === 0 ? null : Math.max(0, (Date.now() - heard) / 1000);
  }

  /** Starts the stream the first time, and reads the pages that belong to the filters. */
  watch(filters: Filters): void {
    this.filters = filters;
    if (this.stream === null) this.connect();
    else this.fillIn();
  }

  stop(): void {
    this.stream?.stop();
    this.stream = null;
    this.filling.abort();
  }

  nudge(): void {
    this.stream?.nudge();
  }

  /** Takes what an act answered, without waiting for the feed. */
  readonly took: Rows["merge"] = (incidents, teams, assignments) => {
    this.rows.merge(incidents, teams, assignments);
    this.tell();
  };

  private connect(): void {
    this.filledFor = "";
    this.stream = this.open({
      rows: this.rows,
      onChange: () => {
        this.fillIn();
        this.tell();
      },
      onLine: (line) => {
        const changed = line.state !== this.line.state;
        this.line = line;
        if (line.state === "signed-out") this.onSignedOut();
        if (changed) this.tell();
      },
    });
    this.stream.start();
  }

  /** Reads pages once for each snapshot and set of filters, when the snapshot did not hold all rows. */
  private fillIn(): void {
    if (this.rows.snapshots === 0) return;
    const wanted = `${this.rows.snapshots}|${JSON.stringify(this.filters)}`;
    if (wanted === this.filledFor || this.rows.total <= this.rows.incidents.size) return;
    this.filledFor = wanted;
    this.filling.abort();
    this.filling = new AbortController();
    fill(this.client, this.rows, this.filters, this.tell, this.filling.signal).catch((fault: unknown) => {
      // The stream tells of every outage; the next snapshot fills again.
      if (!(fault instanceof Refusal || fault instanceof Unreachable || fault instanceof DOMException)) throw fault;
    });
  }

  private readonly tell = (): void => {
    this.version += 1;
    for (const listener of this.listeners) listener();
  };
}
