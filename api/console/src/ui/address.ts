// SPDX-License-Identifier: Apache-2.0
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { readFilters, writeFilters, type Filters } from "../logic/filters";
import { formatAddress, parseAddress, type Route } from "../logic/route";

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => {
    window.removeEventListener("hashchange", listener);
  };
}

const read = () => window.location.hash;

/** Goes to a screen; the filters stay in the address whatever the screen. */
export function go(route: Route, filters?: Filters): void {
  const kept = filters ?? readFilters(parseAddress(read()).query);
  window.location.hash = formatAddress(route, writeFilters(kept));
}

export function hrefOf(route: Route, filters: Filters): string {
  return formatAddress(route, writeFilters(filters));
}

export interface Here {
  route: Route;
  filters: Filters;
  setFilters: (filters: Filters) => void;
}

export function useAddress(): Here {
  const hash = useSyncExternalStore(subscribe, read);
  const { route, filters } = useMemo(() => {
    const address = parseAddress(hash);
    return { route: address.route, filters: readFilters(address.query) };
  }, [hash]);
  const setFilters = useCallback(
    (next: Filters) => {
      go(route, next);
    },
    [route],
  );
  return { route, filters, setFilters };
}
