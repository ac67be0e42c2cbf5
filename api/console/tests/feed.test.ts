// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from "vitest";
import type { Change, Delta, Incident, Snapshot } from "../src/api/types";
import { backoff } from "../src/logic/backoff";
import { Rows } from "../src/logic/rows";
import { EventReader } from "../src/logic/sse";
import { SILENCE_MS, Stream, type Line } from "../src/logic/stream";
import { incident, T0, team } from "./rows";

const snapshot = (incidents: Incident[], seq = 10): Snapshot => ({
  epoch: "e1",
  seq,
  prev: null,
  incidents,
  total: incidents.length,
  teams: [team()],
  mode: "normal",
});
const changed = (body: Incident): Change => ({
  kind: "incident",
  entity: body.id,
  version: body.version,
  lane: body.lane,
  body,
});
const delta = (prev: number | null, seq: number, items: Change[]): Delta => ({ epoch: "e1", prev, seq, at: T0, items });

describe("reading server-sent events", () => {
  it("puts events together from any pieces, and skips comments", () => {
    const text = ': hello\n\nevent: delta\nid: e1:7\ndata: {"a":\ndata: 1}\n\nid: e1:8\ndata: x\r\n\r\n';
    for (let size = 1; size < text.length; size += 3) {
      const reader = new EventReader();
      const seen = [];
      for (let at = 0; at < text.length; at += size) seen.push(...reader.push(text.slice(at, at + size)));
      expect(seen).toEqual([
        { event: "delta", data: '{"a":\n1}', id: "e1:7" },
        { event: "message", data: "x", id: "e1:8" },
      ]);
    }
  });
});

describe("applying the feed", () => {
  it("takes deltas whose previous number is ours, and closes what is closed", () => {
    const rows = new Rows();
    expect(rows.apply({ event: "snapshot", data: snapshot([incident()]) })).toBe("applied");
    const opened = incident({ id: "i2", number: 1002 });
    expect(rows.apply({ event: "delta", data: delta(10, 14, [changed(opened)]) })).toBe("applied");
    const closed = incident({ version: 2, state: "closed" });
    expect(rows.apply({ event: "delta", data: delta(14, 15, [changed(closed)]) })).toBe("applied");
    expect([...rows.incidents.keys()]).toEqual(["i2"]);
    expect(rows.lastKnown("i1")?.state).toBe("closed");
  });

  it("sees a gap, another epoch and a reset, and changes nothing then", () => {
    const rows = new Rows();
    rows.apply({ event: "snapshot", data: snapshot([incident()]) });
    const late = delta(12, 13, [changed(incident({ version: 9, priority: 1 }))]);
    expect(rows.apply({ event: "delta", data: late })).toBe("gap");
    expect(rows.apply({ event: "delta", data: { ...late, prev: 10, epoch: "e2" } })).toBe("gap");
    expect(rows.apply({ event: "heartbeat", data: { epoch: "e2", seq: 10, at: T0 } })).toBe("gap");
    expect(rows.incidents.get("i1")?.priority).toBe(2);
  });

  it("never goes back to an older version, and a page read earlier brings nothing closed back", () => {
    const rows = new Rows();
    rows.apply({ event: "snapshot", data: snapshot([incident({ version: 5, reports: 7 })]) });
    rows.merge([incident({ version: 4, reports: 6 })]);
    expect(rows.incidents.get("i1")?.reports).toBe(7);
    rows.apply({ event: "delta", data: delta(10, 11, [changed(incident({ version: 6, state: "merged" }))]) });
    rows.merge([incident({ version: 5 })]);
    expect(rows.incidents.size).toBe(0);
  });

  it("gives the same rows for a delta told twice", () => {
    const rows = new Rows();
    rows.apply({ event: "snapshot", data: snapshot([incident()]) });
    const once = delta(10, 11, [changed(incident({ version: 2, reports: 2 }))]);
    expect(rows.apply({ event: "delta", data: once })).toBe("applied");
    expect(rows.apply({ event: "delta", data: once })).toBe("known");
    expect(rows.incidents.get("i1")?.reports).toBe(2);
  });
});

describe("waiting before the next try", () => {
  it("doubles, stays within its bounds and is spread by chance", () => {
    expect(backoff(0, () => 0)).toBe(250);
    expect(backoff(0, () => 0.999)).toBeLessThan(500);
    expect(backoff(3, () => 0)).toBe(2000);
    expect(backoff(99, () => 0.999)).toBeLessThanOrEqual(15_000);
    expect(backoff(99, () => 0)).toBe(7500);
  });
});

/** A house whose answers are streams that the test writes to. */
class Wire {
  readonly asked: { url: string; lastEventId: string | undefined }[] = [];
  readonly lines: Line[] = [];
  readonly rows = new Rows();
  readonly stream: Stream;
  status = 200;
  private out: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor() {
    const fetcher = ((url: string, init: RequestInit) => {
      const headers = init.headers as Record<string, string>;
      this.asked.push({ url, lastEventId: headers["Last-Event-ID"] });
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          this.out = controller;
          init.signal?.addEventListener("abort", () => {
            controller.error(new DOMException("aborted", "AbortError"));
          });
        },
      });
      return Promise.resolve(new Response(body, { status: this.status }));
    }) as unknown as typeof fetch;
    this.stream = new Stream({
      url: "/v1/feed",
      rows: this.rows,
      onChange: () => undefined,
      onLine: (line) => this.lines.push(line),
      fetcher,
      random: () => 0,
    });
  }

  async say(event: string, data: unknown): Promise<void> {
    this.out?.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
    await vi.advanceTimersByTimeAsync(0);
  }

  async cut(): Promise<void> {
    this.out?.close();
    await vi.advanceTimersByTimeAsync(0);
  }
}

describe("the live line", () => {
  it("comes back by itself with the last number it had", async () => {
    vi.useFakeTimers();
    const wire = new Wire();
    wire.stream.start();
    await vi.advanceTimersByTimeAsync(0);
    await wire.say("snapshot", snapshot([incident()]));
    await wire.say("delta", delta(10, 12, []));
    expect(wire.lines.at(-1)).toEqual({ state: "live" });
    await wire.cut();
    expect(wire.lines.at(-1)?.state).toBe("away");
    await vi.advanceTimersByTimeAsync(300);
    expect(wire.asked.map((one) => one.lastEventId)).toEqual([undefined, "e1:12"]);
    wire.stream.stop();
    vi.useRealTimers();
  });

  it("asks for the snapshot again after a gap", async () => {
    vi.useFakeTimers();
    const wire = new Wire();
    wire.stream.start();
    await vi.advanceTimersByTimeAsync(0);
    await wire.say("snapshot", snapshot([incident()]));
    await wire.say("delta", delta(11, 12, [changed(incident({ version: 2 }))]));
    await vi.advanceTimersByTimeAsync(300);
    expect(wire.asked.map((one) => one.lastEventId)).toEqual([undefined, undefined]);
    wire.stream.stop();
    vi.useRealTimers();
  });

  it("gives up a line that is silent for longer than the heartbeat", async () => {
    vi.useFakeTimers();
    const wire = new Wire();
    wire.stream.start();
    await vi.advanceTimersByTimeAsync(0);
    await wire.say("snapshot", snapshot([]));
    await vi.advanceTimersByTimeAsync(SILENCE_MS + 400);
    expect(wire.asked).toHaveLength(2);
    wire.stream.stop();
    vi.useRealTimers();
  });

  it("says that the session ended, and does not hammer the door", async () => {
    vi.useFakeTimers();
    const wire = new Wire();
    wire.status = 401;
    wire.stream.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wire.lines.at(-1)).toEqual({ state: "signed-out" });
    expect(wire.asked).toHaveLength(1);
    wire.stream.stop();
    vi.useRealTimers();
  });
});
