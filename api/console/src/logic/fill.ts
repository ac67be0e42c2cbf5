// SPDX-License-Identifier: Apache-2.0
/** Further rows beside the feed's snapshot, which holds the first two hundred only. */

import type { Client } from "../api/client";
import type { IncidentPage } from "../api/types";
import type { Filters } from "./filters";
import type { Rows } from "./rows";

/** Rows a seat keeps; past that the filters are the way, not the scroll bar. */
export const MOST_ROWS = 20_000;
const PAGE = 200;

/** Reads page after page into `rows` until there are no more; `onPage` is told after each. */
export async function fill(
  client: Client,
  rows: Rows,
  filters: Filters,
  onPage: () => void,
  signal: AbortSignal,
): Promise<void> {
  let cursor = "";
  do {
    const page: IncidentPage = await client.get<IncidentPage>(
      "/v1/incidents",
      { zone: filters.zones, priority: filters.priorities, open: true, limit: PAGE, cursor },
      signal,
    );
    if (signal.aborted) return;
    rows.merge(page.items);
    if (filters.zones.length + filters.priorities.length === 0 && !page.total_capped) rows.total = page.total;
    onPage();
    cursor = page.cursor;
  } while (cursor !== "" && rows.incidents.size < MOST_ROWS);
}
