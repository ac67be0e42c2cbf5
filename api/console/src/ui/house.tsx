// SPDX-License-Identifier: Apache-2.0
/** What every screen stands on: who sits here, the client, the city's standing data, the feed. */

import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import type { Client } from "../api/client";
import type { City, IncidentType, Session, Zone } from "../api/types";
import { useTexts } from "../i18n/language";
import type { Hub } from "../logic/hub";

export interface Standing {
  types: readonly IncidentType[];
  zones: readonly Zone[];
  city: City;
}

export interface House extends Standing {
  client: Client;
  session: Session;
  hub: Hub;
  signOut: () => void;
}

const HouseContext = createContext<House | null>(null);

export function HouseProvider({ house, children }: { house: House; children: ReactNode }) {
  return <HouseContext value={house}>{children}</HouseContext>;
}

export function useHouse(): House {
  const house = useContext(HouseContext);
  if (house === null) throw new Error("a screen stands outside the house");
  return house;
}

/** The feed's rows; they change in place, and this is a new value each time they do. */
export function useRows(): { rows: Hub["rows"]; version: number } {
  const { hub } = useHouse();
  const version = useSyncExternalStore(hub.subscribe, hub.snapshot);
  return useMemo(() => ({ rows: hub.rows, version }), [hub, version]);
}

/** The house's time in milliseconds, stepping each second. */
export function useNow(): number {
  const { hub } = useHouse();
  const [now, setNow] = useState(() => hub.houseNow());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(hub.houseNow());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, [hub]);
  return now;
}

export interface Names {
  type: (id: string) => string;
  zone: (id: string) => string;
  closing: (id: string) => string;
}

/** Names of standing data in the seat's language; an unknown id shows as itself. */
export function useNames(): Names {
  const { types, zones, city } = useHouse();
  const { named, labelled } = useTexts();
  return useMemo(() => {
    const typeNames = new Map(types.map((type) => [type.id, labelled(type)]));
    const zoneNames = new Map(zones.map((zone) => [zone.id, named(zone)]));
    const closingNames = new Map(city.closing_codes.map((code) => [code.id, labelled(code)]));
    return {
      type: (id) => typeNames.get(id) ?? id,
      zone: (id) => zoneNames.get(id) ?? id,
      closing: (id) => closingNames.get(id) ?? id,
    };
  }, [types, zones, city, named, labelled]);
}
