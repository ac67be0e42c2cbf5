// SPDX-License-Identifier: Apache-2.0
/** Ages and their tints. */

import type { Incident, IncidentState } from "../api/types";

/** After how many seconds without a team an incident of this priority is tinted; P5 never (vocabulary, "ageing tint"). */
const TINT_S: Readonly<Record<number, number>> = { 1: 60, 2: 300, 3: 900, 4: 1800 };

export type Tint = "fresh" | "ageing" | "overdue";

/** States in which somebody still has to decide; in the others a team is on it and age is no reproach. */
const WAITING: ReadonlySet<IncidentState> = new Set(["new", "triaged", "unowned"]);

/** Returns how old an instant is in seconds, never below nought (clocks differ by a little). */
export function ageSeconds(since: string, nowMs: number): number {
  const at = Date.parse(since);
  return Number.isNaN(at) ? 0 : Math.max(0, (nowMs - at) / 1000);
}

/** Ageing from the tint's time on, overdue from twice that time on. */
export function tintOf(row: Pick<Incident, "priority" | "state" | "opened_at">, nowMs: number): Tint {
  const limit = TINT_S[row.priority];
  if (limit === undefined || !WAITING.has(row.state)) return "fresh";
  const age = ageSeconds(row.opened_at, nowMs);
  if (age >= 2 * limit) return "overdue";
  return age >= limit ? "ageing" : "fresh";
}

export interface AgeParts {
  unit: "second" | "minute" | "hour" | "day";
  /** Whole units, rounded down. */
  count: number;
  /** The next smaller unit's whole remainder (minutes of an hour, hours of a day), else 0. */
  rest: number;
}

/** Splits seconds into what a person says aloud: 42 s, 7 min, 3 h 20 min, 2 d 4 h. */
export function ageParts(seconds: number): AgeParts {
  const whole = Math.floor(seconds);
  if (whole < 60) return { unit: "second", count: whole, rest: 0 };
  if (whole < 3600) return { unit: "minute", count: Math.floor(whole / 60), rest: 0 };
  if (whole < 86_400) return { unit: "hour", count: Math.floor(whole / 3600), rest: Math.floor((whole % 3600) / 60) };
  return { unit: "day", count: Math.floor(whole / 86_400), rest: Math.floor((whole % 86_400) / 3600) };
}
