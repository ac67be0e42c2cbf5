// SPDX-License-Identifier: Apache-2.0
/**
 * One live connection to `/v1/feed`: reads, checks the numbers, comes back by itself, and always says
 * how old what it shows is. A fetch stream and not EventSource, because EventSource hides the status (a
 * session that ran out looks like a network fault) and comes back without jitter.
 */

import type { Frame } from "../api/types";
import { backoff } from "./backoff";
import type { Rows } from "./rows";
import { EventReader, type SentEvent } from "./sse";

/** Heartbeats come each 10 s; half as long again without any byte and the line counts as dead. */
export const SILENCE_MS = 15_000;

export type Line =
  { state: "connecting" } | { state: "live" } | { state: "away"; retryAtMs: number } | { state: "signed-out" };

export interface StreamOptions {
  url: string;
  rows: Rows;
  onChange: () => void;
  onLine: (line: Line) => void;
  /** Told of every frame that was in order, heartbeats included. */
  onFrame?: (frame: Frame) => void;
  fetcher?: typeof fetch;
  now?: () => number;
  random?: () => number;
}

export class Stream {
  /** Instant of the last byte heard from the house, in local milliseconds; 0 before the first. */
  heardAtMs = 0;
  /** The house's clock minus ours, in milliseconds. */
  clockAheadMs = 0;
  private attempt = 0;
  private stopped = false;
  private abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private resume = "";

  constructor(private readonly options: StreamOptions) {}

  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.abort.abort();
  }

  /** Tries again at once (the network came back, the laptop woke). */
  nudge(): void {
    if (this.stopped || this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.run();
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }

  private async run(): Promise<void> {
    this.options.onLine({ state: "connecting" });
    this.abort = new AbortController();
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (this.resume !== "") headers["Last-Event-ID"] = this.resume;
      const fetcher = this.options.fetcher ?? fetch;
      this.listen();
      const answer = await fetcher(this.options.url, {
        headers,
        signal: this.abort.signal,
        credentials: "same-origin",
        cache: "no-store",
      });
      if (answer.status === 401) {
        clearTimeout(this.silence);
        this.options.onLine({ state: "signed-out" });
        return;
      }
      if (answer.ok && answer.body !== null) await this.read(answer.body);
    } catch (error) {
      // A cut network shows as TypeError, a line we gave up as AbortError; anything else is our own fault.
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    } finally {
      clearTimeout(this.silence);
    }
    this.comeBack();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const events = new EventReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.stopped) return;
      this.listen();
      this.heardAtMs = this.now();
      for (const sent of events.push(decoder.decode(value, { stream: true }))) {
        if (!this.take(sent)) {
          this.abort.abort();
          return;
        }
      }
    }
  }

  /** Returns whether the line may go on; false after a gap or a reset we were not offered a snapshot for. */
  private take(sent: SentEvent): boolean {
    const frame = parseFrame(sent);
    if (frame === null) return true;
    if (frame.event === "reset") {
      this.resume = "";
      return true;
    }
    if (frame.data.at !== undefined) this.clockAheadMs = Date.parse(frame.data.at) - this.heardAtMs;
    const applied = this.options.rows.apply(frame);
    if (applied === "gap") {
      this.resume = "";
      return false;
    }
    this.attempt = 0;
    this.resume = `${frame.data.epoch}:${this.options.rows.seq}`;
    this.options.onLine({ state: "live" });
    this.options.onFrame?.(frame);
    if (applied === "applied") this.options.onChange();
    return true;
  }

  private listen(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.abort.abort();
    }, SILENCE_MS);
  }

  private comeBack(): void {
    if (this.stopped) return;
    const wait = backoff(this.attempt++, this.options.random);
    this.options.onLine({ state: "away", retryAtMs: this.now() + wait });
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.run();
    }, wait);
  }
}

const KNOWN: ReadonlySet<string> = new Set(["snapshot", "delta", "heartbeat", "reset"]);

function parseFrame(sent: SentEvent): Frame | null {
  if (!KNOWN.has(sent.event)) return null;
  return { event: sent.event, data: JSON.parse(sent.data) as unknown } as Frame;
}
