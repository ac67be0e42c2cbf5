// SPDX-License-Identifier: Apache-2.0
/** A screen inside a house whose answers a test gives. */

import { render, type RenderResult } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import type { ReactNode } from "react";
import { Client } from "../src/api/client";
import type { Role } from "../src/api/types";
import { LanguageProvider, type Language } from "../src/i18n/language";
import { Hub } from "../src/logic/hub";
import { HouseProvider } from "../src/ui/house";
import { CITY, SESSION, TYPES, ZONES } from "./rows";

export interface Asked {
  method: string;
  path: string;
  body: unknown;
  headers: Headers;
}

/** What the house answers: a status with a body, or nothing at all. */
export type Answer = { status: number; body: unknown } | "silence";

export interface Stage extends RenderResult {
  user: UserEvent;
  hub: Hub;
  asked: Asked[];
}

/** Renders `screen`; `answer` is asked for every request, in order. */
export function stage(
  screen: (hub: Hub) => ReactNode,
  answer: (asked: Asked) => Answer = () => ({ status: 404, body: { code: "not-found" } }),
  options: { language?: Language; roles?: readonly Role[] } = {},
): Stage {
  const asked: Asked[] = [];
  const client = new Client((path, init) => {
    const one: Asked = {
      method: init?.method ?? "GET",
      path: path as string,
      body: typeof init?.body === "string" ? (JSON.parse(init.body) as unknown) : null,
      headers: new Headers(init?.headers),
    };
    asked.push(one);
    const given = answer(one);
    if (given === "silence") return Promise.reject(new TypeError("no network"));
    return Promise.resolve(new Response(JSON.stringify(given.body), { status: given.status }));
  });
  const hub = new Hub(client, () => undefined);
  const session = { ...SESSION, roles: [...(options.roles ?? SESSION.roles)] };
  const house = { client, session, types: TYPES, zones: ZONES, city: CITY, hub, signOut: () => undefined };
  const shown = render(
    <LanguageProvider start={options.language ?? "en"}>
      <HouseProvider house={house}>{screen(hub)}</HouseProvider>
    </LanguageProvider>,
  );
  return { ...shown, user: userEvent.setup(), hub, asked };
}
