// SPDX-License-Identifier: Apache-2.0
/** Who sits here? Signed in: the house; not: the way in. */

import { useCallback, useEffect, useRef, useState } from "react";
import type { Client } from "./api/client";
import { Refusal, Unreachable } from "./api/client";
import type { City, IncidentType, Session, Zone } from "./api/types";
import { useTexts } from "./i18n/language";
import { backoff } from "./logic/backoff";
import { SharedStream } from "./feed/shared";
import { forgetCall } from "./logic/call";
import { Hub, ownStream, type Open } from "./logic/hub";
import { Shell } from "./screens/shell";
import { SignIn } from "./screens/signin";
import { HouseProvider, type House } from "./ui/house";

type Seat =
  | { state: "asking" }
  | { state: "away" }
  | { state: "out"; ended: boolean }
  | { state: "in"; house: Omit<House, "signOut"> };

async function enter(client: Client, onSignedOut: () => void): Promise<Omit<House, "signOut">> {
  const session = await client.get<Session>("/auth/session");
  client.csrf = session.csrf;
  const [types, zones, city] = await Promise.all([
    client.get<{ items: IncidentType[] }>("/v1/types"),
    client.get<{ items: Zone[] }>("/v1/zones"),
    client.get<City>("/v1/city"),
  ]);
  const who = [session.subject, ...session.roles, ...session.zones].join(" ");
  const open: Open = "SharedWorker" in window ? (options) => new SharedStream(options, who) : ownStream;
  return { client, session, types: types.items, zones: zones.items, city, hub: new Hub(client, onSignedOut, open) };
}

export function App({ client }: { client: Client }) {
  const { t } = useTexts();
  const [seat, setSeat] = useState<Seat>({ state: "asking" });
  const tries = useRef(0);

  const ended = useCallback(() => {
    setSeat({ state: "out", ended: true });
  }, []);

  useEffect(() => {
    if (seat.state !== "asking" && seat.state !== "away") return;
    let stale = false;
    const ask = () => {
      enter(client, ended).then(
        (house) => {
          if (!stale) setSeat({ state: "in", house });
        },
        (fault: unknown) => {
          if (stale) return;
          if (fault instanceof Refusal && fault.status < 500) setSeat({ state: "out", ended: false });
          else if (fault instanceof Refusal || fault instanceof Unreachable) {
            tries.current += 1;
            setSeat({ state: "away" });
            timer = setTimeout(ask, backoff(tries.current));
          } else throw fault;
        },
      );
    };
    let timer = setTimeout(ask, 0);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [client, ended, seat.state]);

  const signOut = useCallback(() => {
    forgetCall(sessionStorage);
    const leave = () => {
      setSeat({ state: "out", ended: false });
    };
    client.post("/auth/logout", {}).then(leave, leave);
  }, [client]);

  switch (seat.state) {
    case "asking":
      return <p className="asking">{t("common.loading")}</p>;
    case "away":
      return <SignIn notice={t("signin.away")} offer={false} />;
    case "out":
      return <SignIn notice={seat.ended ? t("signin.ended") : ""} offer />;
    case "in":
      return (
        <HouseProvider house={{ ...seat.house, signOut }}>
          <Shell />
        </HouseProvider>
      );
  }
}
