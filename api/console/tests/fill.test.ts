// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { Client } from "../src/api/client";
import { fill } from "../src/logic/fill";
import { EVERYTHING } from "../src/logic/filters";
import { Rows } from "../src/logic/rows";
import { incident } from "./rows";

/** Three pages of one row; the door fails as often as `faults` says before it gives each. */
function pages(faults: number, status: number) {
  const asked: string[] = [];
  let failed = 0;
  const client = new Client((path) => {
    const cursor = new URLSearchParams((path as string).split("?")[1]).get("cursor") ?? "0";
    asked.push(cursor);
    if (failed < faults) {
      failed += 1;
      return Promise.resolve(new Response('{"code":"ledger-away"}', { status }));
    }
    failed = 0;
    const at = Number(cursor);
    const body = {
      items: [incident({ id: `i${at}`, number: at })],
      cursor: at < 2 ? String(at + 1) : "",
      total: 3,
      total_capped: false,
    };
    return Promise.resolve(new Response(JSON.stringify(body), { status: 200 }));
  });
  return { client, asked };
}

describe("reading further pages", () => {
  it("asks for the same page again while the house is away, and misses none", async () => {
    const { client, asked } = pages(2, 503);
    const rows = new Rows();
    await fill(
      client,
      rows,
      EVERYTHING,
      () => undefined,
      new AbortController().signal,
      () => 0,
    );
    expect([...rows.incidents.keys()]).toEqual(["i0", "i1", "i2"]);
    expect(asked).toEqual(["0", "0", "0", "1", "1", "1", "2", "2", "2"]);
  });

  it("gives up when the house says no for good", async () => {
    const { client, asked } = pages(9, 403);
    const reading = fill(
      client,
      new Rows(),
      EVERYTHING,
      () => undefined,
      new AbortController().signal,
      () => 0,
    );
    await expect(reading).rejects.toThrow("ledger-away");
    expect(asked).toHaveLength(1);
  });
});
