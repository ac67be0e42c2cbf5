// SPDX-License-Identifier: Apache-2.0
/** The address after `#`: a path and a query. The house serves one page at `/` and need not know our screens. */

export type Route =
  { screen: "queue" } | { screen: "call" } | { screen: "teams" } | { screen: "incident"; id: string; act: string };

export interface Address {
  route: Route;
  query: URLSearchParams;
}

export function parseAddress(hash: string): Address {
  const [path = "", search = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const query = new URLSearchParams(search);
  const [first = "", second = ""] = path.split("/");
  const act = query.get("act") ?? "";
  query.delete("act");
  if (first === "call") return { route: { screen: "call" }, query };
  if (first === "teams") return { route: { screen: "teams" }, query };
  if (first === "incidents" && second !== "") {
    return { route: { screen: "incident", id: decodeURIComponent(second), act }, query };
  }
  return { route: { screen: "queue" }, query };
}

export function formatAddress(route: Route, query: URLSearchParams = new URLSearchParams()): string {
  const parts = new URLSearchParams(query);
  if (route.screen === "incident" && route.act !== "") parts.set("act", route.act);
  const search = parts.size > 0 ? `?${parts.toString()}` : "";
  if (route.screen === "incident") return `#/incidents/${encodeURIComponent(route.id)}${search}`;
  return `#/${route.screen}${search}`;
}
