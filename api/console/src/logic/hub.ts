// SPDX-License-Identifier: Apache-2.0
/** The seat's one feed: stream, rows and further pages, as a store that views subscribe to. */

import { Refusal, Unreachable, withQuery, type Client } from "../api/client";
import { fill } from "./fill";
import { EVERYTHING, type Filters } from "./filters";
import { Rows } from "./rows";
import { Stream, type Line } from "./stream";

export class Hub {
  readonly rows = new Rows();
  line: Line = { state: "connecting" };
  private stream: Stream | null = null;
  private filters: Filters = EVERYTHING;
  private filling = new AbortController();
  private filledFor = "";
  private readonly listeners = new Set<() => void>();
  private version = 0;

  constructor(
    private readonly client: Client,
    private readonly onSignedOut: () => void,
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

  /** (Re)starts the stream when the zones changed, and reads the pages that belong to the filters. */
  watch(filters: Filters): void {
    const zones = filters.zones.join(",");
    const restart = this.stream === null || zones !== this.filters.zones.join(",");
    this.filters = filters;
    if (restart) this.connect();
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
    const heardAtMs = this.stream?.heardAtMs ?? 0;
    this.stream?.stop();
    this.filledFor = "";
    this.stream = new Stream({
      url: withQuery("/v1/feed", { zone: this.filters.zones, kinds: "incident,team,assignment" }),
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
    this.stream.heardAtMs = heardAtMs;
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
