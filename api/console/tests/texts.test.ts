// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createIntl } from "react-intl";
import { describe, expect, it } from "vitest";
import en from "../src/i18n/en.json";
import zh from "../src/i18n/zh.json";

const values = {
  count: 2, total: 9, first: 1, number: "7", name: "n", mode: "m", age: "a", priority: 1, reports: 2, sources: 2,
  type: "t", place: "p", zone: "z", metres: "5", lane: "l", id: "i", severity: "s", policy: 1, time: "t", score: "1",
  km: "1", team: "t", by: "b", code: "c", rest: 3, sorts: 1,
  gap: "1", window: "2", accuracy: "3", share: "0.5",
}; // prettier-ignore

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(path);
      return /\.tsx?$/.test(entry.name) ? readFileSync(path, "utf8") : "";
    })
    .join("\n");
}

describe("the catalogues", () => {
  it("hold the same texts in both languages", () => {
    expect(Object.keys(zh)).toEqual(Object.keys(en));
    expect(Object.values({ ...en, ...zh }).filter((text) => text.trim() === "")).toEqual([]);
  });

  it.each([
    ["en", en],
    ["zh-CN", zh],
  ])("can all be said in %s, with the same values", (locale, messages) => {
    const faults: unknown[] = [];
    const intl = createIntl({ locale, messages, onError: (fault) => faults.push(fault) });
    for (const id of Object.keys(messages)) {
      expect(intl.formatMessage({ id }, values)).not.toMatch(/[{}]/);
    }
    expect(faults).toEqual([]);
  });

  it("name the same values in both languages", () => {
    const named = (text: string) =>
      new Set([...text.matchAll(/(?<!(?:=\d+|one|other) )\{(\w+)[,}]/g)].map((match) => match[1]));
    for (const id of Object.keys(en) as (keyof typeof en)[]) expect([id, named(zh[id])]).toEqual([id, named(en[id])]);
  });

  it("hold no text that no screen says", () => {
    const code = sources("src");
    const said = (id: string) => {
      const prefix = id.slice(0, id.indexOf(".") + 1);
      const stem = id.slice(0, id.lastIndexOf(".") + 1);
      return (
        code.includes(`"${id}"`) || [prefix, stem].some((p) => code.includes(`"${p}"`) || code.includes(`\`${p}\${`))
      );
    };
    expect(Object.keys(en).filter((id) => !said(id))).toEqual([]);
  });

  it("say plurals as each language does", () => {
    const say = (locale: string, messages: Record<string, string>, count: number, first: number) =>
      createIntl({ locale, messages }).formatMessage({ id: "queue.waiting" }, { count, first });
    expect(say("en", en, 37, 2)).toBe("37 new, 2 of them P1");
    expect(say("zh-CN", zh, 37, 2)).toBe("37 件新事件，其中 P1 2 件");
  });
});
