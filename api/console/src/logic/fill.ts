// SPDX-License-Identifier: Apache-2.0
/** Further rows beside the feed's snapshot, which holds the first two hundred only. */

import { Refusal, Unreachable, type Client } from "../api/client";
import type { IncidentPage } from "../api/types";
import { backoff } from "./backoff";
import type { Filters } from "./filters";
import type { Rows } from "./rows";

/** Rows a seat keeps; past that the filters are the way, not the scroll bar. */
export const MOST_ROWS = 20_000;
const PAGE = 200;

/** Whether the same question may be answered a little later. */
function passes(fault: unknown): boolean {
  return fault instanceof Unreachable || (fault instanceof Refusal && (fault.status >= 500 || fault.status === 429));
}

/** Gives back a page, however often it must be asked for; a list that silently ends early would be a lie. */
async function surely(
  ask: () => Promise<IncidentPage>,
  signal: AbortSignal,
  wait: typeof backoff,
): Promise<IncidentPage> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask();
    } catch (fault) {
      if (signal.aborted || !passes(fault)) throw fault;
      await new Promise((resolve) => setTimeout(resolve, wait(attempt)));
      signal.throwIfAborted();
    }
  }
}

/** Reads page after page into `rows` until there are no more; `onPage` is told after each. */
export async function fill(
  client: Client,
  rows: Rows,
  filters: Filters,
  onPage: () => void,
  signal: AbortSignal,
  wait: typeof backoff = backoff,
): Promise<void> {
  const query = { zone: filters.zones, priority: filters.priorities, open: true, limit: PAGE };
  let cursor = "";
  do {
    const from = cursor;
    const page = await surely(
      () => client.get<IncidentPage>("/v1/incidents", { ...query, cursor: from }, signal),
      signal,
      wait,
    );
    if (signal.aborted) return;
    rows.merge(page.items);
    if (filters.zones.length + filters.priorities.length === 0 && !page.total_capped) rows.total = page.total;
    onPage();
    cursor = page.cursor;
  } while (cursor !== "" && rows.incidents.size < MOST_ROWS);
}
