// SPDX-License-Identifier: Apache-2.0
/** Which P1 still call for somebody, and what this seat has heard already. */

import type { Incident, IncidentState } from "../api/types";
import { byRank } from "./order";

/** States in which nobody has taken it yet. */
const CALLING: ReadonlySet<IncidentState> = new Set(["new", "triaged", "unowned"]);

/** Acknowledgements kept for a seat; older ones belong to incidents long since closed. */
const KEPT = 500;

/** A P1 calls until a person claims it or a team is sent; an acknowledgement silences it for one seat only. */
export function calls(row: Incident): boolean {
  return row.priority === 1 && row.owner === "" && row.teams === 0 && CALLING.has(row.state);
}

/** Returns the P1 that call at a seat which has acknowledged `heard`, first in rank first. */
export function calling(rows: Iterable<Incident>, heard: ReadonlySet<string>): Incident[] {
  const found: Incident[] = [];
  for (const row of rows) if (calls(row) && !heard.has(row.id)) found.push(row);
  return found.sort(byRank);
}

function nameOf(subject: string): string {
  return `weirhouse.heard.${subject}`;
}

/** What a seat has acknowledged; it holds for all tabs of the browser and through a reload. */
export function heardBy(store: Storage, subject: string): ReadonlySet<string> {
  const text = store.getItem(nameOf(subject));
  return new Set(text === null || text === "" ? [] : text.split(" "));
}

/** Adds acknowledgements and returns all of them. */
export function acknowledge(store: Storage, subject: string, ids: readonly string[]): ReadonlySet<string> {
  const all = [...new Set([...heardBy(store, subject), ...ids])].slice(-KEPT);
  store.setItem(nameOf(subject), all.join(" "));
  return new Set(all);
}
