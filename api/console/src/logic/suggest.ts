// SPDX-License-Identifier: Apache-2.0
/** Which type the words, and the incidents nearby, speak of. Only ever a suggestion: a person takes it or not. */

import type { IncidentType, NearIncident } from "../api/types";

export interface Suggestion {
  type: IncidentType;
  /** Why: a label stands in the words, or an incident nearby matches them. */
  because: "words" | "nearby";
  number?: number;
}

/** Shorter labels ("gas") must stand alone in Latin script; Chinese has no word breaks. */
function speaksOf(words: string, label: string): boolean {
  const needle = label.trim().toLowerCase();
  if (needle === "") return false;
  if (!/^[\x20-\x7e]+$/.test(needle)) return words.includes(needle);
  const escaped = needle.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(^|[^a-z])${escaped}([^a-z]|$)`).test(words);
}

/** The most urgent type named in the words; else the type of the best match nearby. */
export function suggestType(
  words: string,
  types: readonly IncidentType[],
  near: readonly NearIncident[],
): Suggestion | null {
  const lower = words.toLowerCase();
  const named = types
    .filter((type) => type.id !== "other" && [type.label_en, type.label_zh].some((label) => speaksOf(lower, label)))
    .sort((a, b) => a.priority - b.priority || b.label_en.length - a.label_en.length)[0];
  if (named !== undefined) return { type: named, because: "words" };
  const best = near
    .filter((row) => row.match !== null && row.match.band !== "apart")
    .sort((a, b) => (b.match?.score ?? 0) - (a.match?.score ?? 0))[0];
  const type = best && types.find((one) => one.id === best.type);
  return best !== undefined && type !== undefined ? { type, because: "nearby", number: best.number } : null;
}
