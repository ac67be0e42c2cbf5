// SPDX-License-Identifier: Apache-2.0
/** What the queue shows, kept in the address so that a view can be sent to a colleague. */

import type { Incident, IncidentState } from "../api/types";

export interface Filters {
  zones: readonly string[];
  priorities: readonly number[];
}

export const EVERYTHING: Filters = { zones: [], priorities: [] };

/** States in which an incident has left the queue. */
const GONE: ReadonlySet<IncidentState> = new Set(["closed", "merged"]);

export function isOpen(row: Pick<Incident, "state">): boolean {
  return !GONE.has(row.state);
}

export function matches(row: Incident, filters: Filters): boolean {
  return (
    isOpen(row) &&
    (filters.zones.length === 0 || filters.zones.includes(row.zone)) &&
    (filters.priorities.length === 0 || filters.priorities.includes(row.priority))
  );
}

/** Reads the address; what it does not understand it leaves out. */
export function readFilters(query: URLSearchParams): Filters {
  const priorities = query
    .getAll("priority")
    .map(Number)
    .filter((p) => Number.isInteger(p) && p >= 1 && p <= 5);
  return { zones: [...new Set(query.getAll("zone"))].sort(), priorities: [...new Set(priorities)].sort() };
}

export function writeFilters(filters: Filters): URLSearchParams {
  const query = new URLSearchParams();
  for (const zone of [...filters.zones].sort()) query.append("zone", zone);
  for (const priority of [...filters.priorities].sort()) query.append("priority", String(priority));
  return query;
}

/** Adds `value` where it is missing, takes it away where it is. */
export function toggled<T>(list: readonly T[], value: T): T[] {
  return list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
}
