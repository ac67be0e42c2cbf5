// SPDX-License-Identifier: Apache-2.0
import { act, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Frame } from "../src/api/types";
import { Exchange } from "../src/feed/exchange";
import type { Told } from "../src/feed/messages";
import { calling } from "../src/logic/alarm";
import { Rows } from "../src/logic/rows";
import { AlarmLine } from "../src/screens/alarm";
import { stage } from "./house";
import { assignment, incident, team } from "./rows";

/** A house whose one stream says what a test writes into it. */
function house() {
  let write: ReadableStreamDefaultController<Uint8Array> | undefined;
  let streams = 0;
  const fetcher = () => {
    streams += 1;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        write = controller;
      },
    });
    return Promise.resolve(new Response(body, { status: 200 }));
  };
  const say = async (frame: Frame) => {
    write?.enqueue(new TextEncoder().encode(`event: ${frame.event}\ndata: ${JSON.stringify(frame.data)}\n\n`));
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { fetcher, say, streams: () => streams };
}

function tab() {
  const rows = new Rows();
  const lines: string[] = [];
  const take = (told: Told) => {
    if (told.kind === "frame") rows.apply(told.frame);
    else if (told.kind === "assignments") rows.merge([], [], told.rows);
    else lines.push(told.line.state);
  };
  return { rows, lines, postMessage: take };
}

const SNAPSHOT: Frame = {
  event: "snapshot",
  data: { epoch: "e", seq: 4, prev: null, incidents: [incident()], total: 1, teams: [team()], mode: "normal" },
};
const DELTA: Frame = {
  event: "delta",
  data: {
    epoch: "e",
    prev: 4,
    seq: 6,
    at: "2026-03-01T08:00:05Z",
    items: [
      { kind: "incident", entity: "i2", version: 1, lane: "life", body: incident({ id: "i2", number: 2 }) },
      { kind: "assignment", entity: "a1", version: 1, lane: "life", body: assignment() },
    ],
  },
};

describe("the one feed of all tabs", () => {
  it("opens one stream, and gives a later tab all that an earlier one knows", async () => {
    const { fetcher, say, streams } = house();
    const exchange = new Exchange({ url: "/v1/feed", fetcher });
    const [first, second] = [tab(), tab()];
    exchange.take(first, { kind: "hello" });
    await say(SNAPSHOT);
    await say(DELTA);
    exchange.take(second, { kind: "hello" });
    expect(streams()).toBe(1);
    for (const one of [first, second]) {
      expect([...one.rows.incidents.keys()]).toEqual(["i1", "i2"]);
      expect(one.rows.assignments.size).toBe(1);
      expect(one.rows.seq).toBe(6);
      expect(one.lines.at(-1)).toBe("live");
    }
    exchange.take(first, { kind: "bye" });
    exchange.take(second, { kind: "bye" });
  });

  it("starts anew for the first tab after the last has gone", async () => {
    const { fetcher, say, streams } = house();
    const exchange = new Exchange({ url: "/v1/feed", fetcher });
    const one = tab();
    exchange.take(one, { kind: "hello" });
    await say(SNAPSHOT);
    exchange.take(one, { kind: "bye" });
    exchange.take(one, { kind: "hello" });
    await say(SNAPSHOT);
    expect(streams()).toBe(2);
    exchange.take(one, { kind: "bye" });
  });

  it("tells a later tab that there are further pages when the snapshot was a first part", async () => {
    const { fetcher, say } = house();
    const exchange = new Exchange({ url: "/v1/feed", fetcher });
    const [first, second] = [tab(), tab()];
    exchange.take(first, { kind: "hello" });
    await say({ event: "snapshot", data: { ...SNAPSHOT.data, total: 2 } });
    await say(DELTA);
    exchange.take(second, { kind: "hello" });
    expect(second.rows.total).toBeGreaterThan(second.rows.incidents.size);
    exchange.take(first, { kind: "bye" });
    exchange.take(second, { kind: "bye" });
  });
});

describe("a P1 announces itself", () => {
  const p1 = incident({ id: "p1", number: 7, priority: 1, address: "South Quay" });

  it("until a person has it, a team is sent, or this seat has heard it", () => {
    const rows = [p1, { ...p1, id: "claimed", owner: "li" }, { ...p1, id: "sent", teams: 1 }, incident({ id: "p2" })];
    expect(calling(rows, new Set()).map((row) => row.id)).toEqual(["p1"]);
    expect(calling(rows, new Set(["p1"]))).toEqual([]);
  });

  it("says so in words, is acknowledged by one key, and stays so for the seat", async () => {
    const { user, hub, unmount } = stage(() => <AlarmLine />);
    expect(screen.getByText("No P1 waits for anybody")).toBeVisible();
    act(() => {
      hub.took([p1]);
    });
    expect(screen.getByRole("alert")).toHaveTextContent("7 Fire, South Quay");
    await user.keyboard("s");
    expect(screen.getByRole("alert")).toBeEmptyDOMElement();
    unmount();
    stage((again) => {
      again.rows.merge([p1]);
      return <AlarmLine />;
    });
    expect(screen.getByRole("alert")).toBeEmptyDOMElement();
  });
});
