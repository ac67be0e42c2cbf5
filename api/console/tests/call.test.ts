// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from "vitest";
import { Client, Refusal, Unreachable } from "../src/api/client";
import { EMPTY, fieldOf, keepCall, keptCall, maySend, newCall, reportBody, step, type Call } from "../src/logic/call";
import { Lookup } from "../src/logic/lookup";
import { suggestType } from "../src/logic/suggest";
import { near, TYPES } from "./rows";

const written = (): Call => step(newCall("k1"), { kind: "edit", change: { words: "smoke" } });
const refusal = (status: number, code: string) => new Refusal(status, code, "", [], {}, null);

describe("a call", () => {
  it("is sent once, however often Enter falls", () => {
    const sending = step(written(), { kind: "send" });
    expect(sending.sending.state).toBe("sending");
    expect(maySend(sending)).toBe(false);
    expect(step(sending, { kind: "send" })).toBe(sending);
  });

  it("is not sent without words, and not with a type alone", () => {
    expect(maySend(newCall())).toBe(false);
    expect(maySend({ ...newCall(), draft: { ...EMPTY, type: "fire" } })).toBe(false);
    expect(maySend({ ...newCall(), draft: { ...EMPTY, type: "fire", address: "Lake" } })).toBe(true);
  });

  it("keeps its words through a failure, and its key while nobody knows whether it arrived", () => {
    for (const fault of [new Unreachable(), refusal(503, "not-safe"), refusal(409, "in-flight")]) {
      const failed = step(step(written(), { kind: "send" }), { kind: "failed", fault, key: "k2" });
      expect(failed).toMatchObject({ key: "k1", draft: { words: "smoke" }, sending: { state: "unknown" } });
      expect(maySend(failed)).toBe(true);
    }
  });

  it("gets a fresh key when it was refused for good", () => {
    const failed = step(step(written(), { kind: "send" }), {
      kind: "failed",
      fault: refusal(422, "invalid-value"),
      key: "k2",
    });
    expect(failed).toMatchObject({ key: "k2", draft: { words: "smoke" }, sending: { state: "refused" } });
  });

  it("cannot be changed while it is under way", () => {
    const sending = step(written(), { kind: "send" });
    expect(step(sending, { kind: "edit", change: { words: "other" } })).toBe(sending);
  });

  it("survives a reload with its key, and is gone once it was accepted", () => {
    keepCall(sessionStorage, written());
    expect(keptCall(sessionStorage)).toMatchObject({ key: "k1", draft: { words: "smoke" } });
    const answer = {
      id: "r",
      status: "accepted",
      lane: "life",
      zone: "z",
      type: "fire",
      claims: [],
      href: "/",
    } as const;
    keepCall(sessionStorage, step(written(), { kind: "accepted", answer: { ...answer, claims: [] } }));
    expect(keptCall(sessionStorage).draft).toEqual(EMPTY);
  });

  it("tells place, number and incident as the door wants them, and leaves out what is empty", () => {
    expect(reportBody({ ...EMPTY, words: " hot " }, "zh")).toEqual({
      channel: "phone",
      language: "zh",
      description: "hot",
    });
    const place = {
      id: "p1",
      name_en: "Lake",
      name_zh: "湖",
      kind: "lake",
      zone: "xizha",
      lat: 30,
      lon: 123,
      radius_m: 90,
      asset_id: "",
    };
    const draft = {
      ...EMPTY,
      words: "hot",
      address: "Lake",
      place,
      phone: "+86 130-0000",
      lifeSafety: true,
      joins: { id: "i1", number: 1001 },
    };
    expect(reportBody(draft, "en")).toMatchObject({
      location: { address: "Lake", place_id: "p1", point: { lat: 30, lon: 123, accuracy_m: 90 } },
      reporter: { phone: "+86 130-0000", token: "+861300000" },
      life_safety: true,
      joins: "i1",
    });
  });

  it("puts a problem to the field it belongs to", () => {
    expect(fieldOf("location.point.lat")).toBe("place");
    expect(fieldOf("reporter.phone")).toBe("phone");
    expect(fieldOf("attributes.x")).toBe("form");
  });
});

describe("the suggested type", () => {
  it("is the most urgent one named in the words, in either language", () => {
    expect(suggestType("There is a FIRE and gas", TYPES, [])?.type.id).toBe("gas");
    expect(suggestType("三楼火灾", TYPES, [])?.type.id).toBe("fire");
    expect(suggestType("he lives in Vegas", TYPES, [])).toBeNull();
  });

  it("else that of the best match nearby, never of one that stands apart", () => {
    const best = near({ type: "noise", number: 7, match: { score: 0.7, band: "suggest", terms: [] } });
    const apart = near({ type: "fire", match: { score: 0.8, band: "apart", terms: [] } });
    expect(suggestType("so loud", TYPES, [apart, best])).toMatchObject({ because: "nearby", number: 7 });
    expect(suggestType("so loud", TYPES, [apart])).toBeNull();
  });
});

describe("asking while typing", () => {
  it("asks once after the quiet time, gives up the old question and shows only the last answer", async () => {
    vi.useFakeTimers();
    const asked: string[] = [];
    const given: string[] = [];
    const answers: string[] = [];
    const lookup = new Lookup<string, string>({
      ask: (question, signal) => {
        asked.push(question);
        signal.addEventListener("abort", () => given.push(question));
        return new Promise((resolve) => setTimeout(resolve, 100, `answer to ${question}`));
      },
      onAnswer: (answer) => answers.push(answer),
      onFault: (fault) => {
        throw fault;
      },
      quietMs: 50,
    });
    lookup.ask("l");
    lookup.ask("la");
    await vi.advanceTimersByTimeAsync(60);
    lookup.ask("lake");
    await vi.advanceTimersByTimeAsync(500);
    expect(asked).toEqual(["la", "lake"]);
    expect(given).toEqual(["la"]);
    expect(answers).toEqual(["answer to lake"]);
    vi.useRealTimers();
  });
});

describe("the client", () => {
  it("sends key, version and CSRF token, and reads a problem document", async () => {
    const seen: RequestInit[] = [];
    const problem = { code: "team-taken", detail: "taken", team_id: "engine-1", by: "li" };
    const client = new Client((_, init) => {
      seen.push(init ?? {});
      return Promise.resolve(new Response(JSON.stringify(problem), { status: 409, headers: { "Retry-After": "3" } }));
    });
    client.csrf = "c";
    const fault = await client.post("/v1/x", {}, { key: "k", etag: "4" }).catch((error: unknown) => error);
    expect(seen[0]?.headers).toMatchObject({ "Idempotency-Key": "k", "If-Match": '"4"', "X-CSRF-Token": "c" });
    expect(fault).toBeInstanceOf(Refusal);
    expect(fault).toMatchObject({ status: 409, code: "team-taken", retryAfterS: 3, extra: { by: "li" } });
  });

  it("tells a cut network from a refusal", async () => {
    const client = new Client(() => Promise.reject(new TypeError("network")));
    await expect(client.get("/v1/x")).rejects.toBeInstanceOf(Unreachable);
  });
});
