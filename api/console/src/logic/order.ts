// SPDX-License-Identifier: Apache-2.0
/** The queue's order: the house's rank, highest first; the older number first between equals. */

import type { Incident } from "../api/types";

export function byRank(a: Incident, b: Incident): number {
  return b.rank - a.rank || a.number - b.number || (a.id < b.id ? -1 : 1);
}
