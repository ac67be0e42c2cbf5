// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { ageParts, tintOf } from "../src/logic/ages";
import { matches, readFilters, toggled, writeFilters } from "../src/logic/filters";
import { isReading, view } from "../src/logic/freeze";
import { byRank, Ranking } from "../src/logic/order";
import { formatAddress, parseAddress } from "../src/logic/route";
import { incident, T0 } from "./rows";

const at = (seconds: number) => Date.parse(T0) + seconds * 1000;

describe("the order", () => {
  it("stays right from look to look while rows come, change, move and go", () => {
    const ranking = new Ranking();
    const rows = new Map<string, ReturnType<typeof incident>>();
    let seed = 7;
    const chance = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let look = 0; look < 200; look += 1) {
      for (let change = 0; change < 5; change += 1) {
        const id = `i${chance(60)}`;
        if (chance(4) === 0) rows.delete(id);
        else rows.set(id, incident({ id, number: Number(id.slice(1)), rank: chance(9), priority: 1 + chance(5) }));
      }
      const wanted = (row: { priority: number }) => row.priority <= 1 + (look % 5);
      const plain = [...rows.values()].filter(wanted).sort(byRank);
      expect(ranking.of(rows, wanted)).toEqual(plain.map((row) => row.id));
    }
  });

  it("is the rank's, then the older number's, and the same for any start", () => {
    const rows = [
      incident({ id: "a", rank: 1, number: 3 }),
      incident({ id: "b", rank: 5, number: 2 }),
      incident({ id: "c", rank: 5, number: 1 }),
    ];
    const wanted = ["c", "b", "a"];
    expect([...rows].sort(byRank).map((row) => row.id)).toEqual(wanted);
    expect(
      [...rows]
        .reverse()
        .sort(byRank)
        .map((row) => row.id),
    ).toEqual(wanted);
  });
});

describe("a held list", () => {
  it("does not move: new rows wait, best first, and those that left stay", () => {
    const shown = view(["n1", "b", "n2", "a"], ["a", "b", "c"]);
    expect(shown.order).toEqual(["a", "b", "c"]);
    expect(shown.waiting).toEqual(["n1", "n2"]);
    expect([...shown.left]).toEqual(["c"]);
    expect(shown.moved).toBe(true);
  });

  it("says nothing while nothing happens, and follows when it is let go", () => {
    expect(view(["a", "b"], ["a", "b"])).toMatchObject({ waiting: [], moved: false });
    expect(view(["b", "a"], ["a", "b"])).toMatchObject({ order: ["a", "b"], waiting: [], moved: true });
    expect(view(["b", "a"], null)).toMatchObject({ order: ["b", "a"], moved: false });
  });

  it("is held by pointer, keyboard or scrolling, each alone", () => {
    const not = { hovered: false, focused: false, scrolled: false };
    expect(isReading(not)).toBe(false);
    for (const one of ["hovered", "focused", "scrolled"]) expect(isReading({ ...not, [one]: true })).toBe(true);
  });
});

describe("ages", () => {
  it.each([
    [1, 59, "fresh"],
    [1, 60, "ageing"],
    [1, 120, "overdue"],
    [2, 299, "fresh"],
    [2, 300, "ageing"],
    [3, 900, "ageing"],
    [4, 1800, "ageing"],
    [4, 3600, "overdue"],
    [5, 864_000, "fresh"],
  ] as const)("P%i after %i s is %s", (priority, seconds, tint) => {
    expect(tintOf(incident({ priority }), at(seconds))).toBe(tint);
  });

  it("is no reproach once a team is on it", () => {
    expect(tintOf(incident({ priority: 1, state: "assigned" }), at(9999))).toBe("fresh");
    expect(tintOf(incident({ priority: 1, state: "unowned" }), at(9999))).toBe("overdue");
  });

  it("is said in two units at most", () => {
    expect(ageParts(59.9)).toEqual({ unit: "second", count: 59, rest: 0 });
    expect(ageParts(3599)).toEqual({ unit: "minute", count: 59, rest: 0 });
    expect(ageParts(12_000)).toEqual({ unit: "hour", count: 3, rest: 20 });
    expect(ageParts(187_200)).toEqual({ unit: "day", count: 2, rest: 4 });
  });
});

describe("filters", () => {
  it("come back from the address as they went in, whatever the order", () => {
    const filters = { zones: ["xizha", "liuyin"], priorities: [2, 1] };
    expect(readFilters(writeFilters(filters))).toEqual({ zones: ["liuyin", "xizha"], priorities: [1, 2] });
  });

  it("leave out what makes no sense", () => {
    expect(readFilters(new URLSearchParams("priority=9&priority=x&priority=1&priority=1"))).toEqual({
      zones: [],
      priorities: [1],
    });
  });

  it("show open rows of the wanted zones and priorities", () => {
    const row = incident({ zone: "xizha", priority: 2 });
    expect(matches(row, { zones: [], priorities: [] })).toBe(true);
    expect(matches(row, { zones: ["xizha"], priorities: [1, 2] })).toBe(true);
    expect(matches(row, { zones: ["liuyin"], priorities: [] })).toBe(false);
    expect(matches(incident({ state: "closed" }), { zones: [], priorities: [] })).toBe(false);
    expect(toggled(toggled([1], 2), 1)).toEqual([2]);
  });

  it("stay beside the screen in the address", () => {
    const hash = formatAddress({ screen: "incident", id: "a/b", act: "assign" }, new URLSearchParams("zone=xizha"));
    const address = parseAddress(hash);
    expect(address.route).toEqual({ screen: "incident", id: "a/b", act: "assign" });
    expect(readFilters(address.query).zones).toEqual(["xizha"]);
    expect(parseAddress("#/nowhere").route).toEqual({ screen: "queue" });
  });
});
