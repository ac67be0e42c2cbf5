// SPDX-License-Identifier: Apache-2.0
/** The queue's order: the house's rank, highest first; the older number first between equals. */

import type { Incident } from "../api/types";

export function byRank(a: Incident, b: Incident): number {
  return b.rank - a.rank || a.number - b.number || (a.id < b.id ? -1 : 1);
}

/**
 * Keeps the order from one look to the next: sorting what is nearly sorted takes one pass, and with 20,000
 * rows and a look at each tick that is what keeps a frame short.
 */
export class Ranking {
  private before: readonly string[] = [];

  /** Returns the ids of the rows that are `wanted`, best first. */
  of(rows: ReadonlyMap<string, Incident>, wanted: (row: Incident) => boolean): readonly string[] {
    const known = new Set<string>();
    const list: Incident[] = [];
    for (const id of this.before) {
      const row = rows.get(id);
      if (row === undefined || !wanted(row)) continue;
      known.add(id);
      list.push(row);
    }
    for (const row of rows.values()) if (!known.has(row.id) && wanted(row)) list.push(row);
    this.before = list.sort(byRank).map((row) => row.id);
    return this.before;
  }
}
