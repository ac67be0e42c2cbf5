// SPDX-License-Identifier: Apache-2.0
import { useEffect, useMemo, useState } from "react";
import type { NearIncident } from "../../api/types";
import type { Draft } from "../../logic/call";
import { Lookup } from "../../logic/lookup";
import { useHouse } from "../../ui/house";
import { isProblem } from "../../ui/problem";

export const NEAR_M = 500;
/** One question for a word or two of typing, not one for each key. */
const QUIET_MS = 250;

interface Question {
  lat: number;
  lon: number;
  radius_m: number;
  type: string;
  words: string;
}

export interface NearbyAnswer {
  state: "no-place" | "asking" | "known" | "away";
  items: readonly NearIncident[];
  radiusM: number;
}

interface Kept {
  of: Question | null;
  items: readonly NearIncident[];
  away: boolean;
}

/** Open incidents around the call's place, asked again as words and type change. */
export function useNearby(draft: Draft): NearbyAnswer {
  const { client } = useHouse();
  const [kept, setKept] = useState<Kept>({ of: null, items: [], away: false });
  const lookup = useMemo(
    () =>
      new Lookup<Question, { items: NearIncident[] }>({
        ask: (question, signal) => client.get("/v1/incidents/near", { ...question, limit: 9 }, signal),
        onAnswer: (answer, question) => {
          setKept({ of: question, items: answer.items, away: false });
        },
        onFault: (fault) => {
          if (!isProblem(fault)) throw fault;
          setKept((before) => ({ ...before, away: true }));
        },
        quietMs: QUIET_MS,
      }),
    [client],
  );
  const { place, type, words } = draft;
  const question = useMemo<Question | null>(
    () =>
      place === null
        ? null
        : {
            lat: place.lat,
            lon: place.lon,
            // A street or a lake is larger than the circle around its middle.
            radius_m: Math.max(NEAR_M, Math.round(place.radius_m)),
            type,
            words: words.trim().slice(0, 500),
          },
    [place, type, words],
  );
  useEffect(() => {
    if (question === null) lookup.cancel();
    else lookup.ask(question);
    return () => {
      lookup.cancel();
    };
  }, [lookup, question]);

  if (question === null) return { state: "no-place", items: [], radiusM: NEAR_M };
  const samePlace = kept.of !== null && kept.of.lat === question.lat && kept.of.lon === question.lon;
  const state = kept.away ? "away" : kept.of === question ? "known" : "asking";
  return { state, items: samePlace ? kept.items : [], radiusM: question.radius_m };
}
