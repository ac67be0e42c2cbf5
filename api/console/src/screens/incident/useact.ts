// SPDX-License-Identifier: Apache-2.0
/** Doing something to an incident or an assignment, and telling what happened when another was faster. */

import { useCallback, useRef, useState } from "react";
import { Refusal, Unreachable } from "../../api/client";
import type { ActAnswer, Incident, IncidentDetail } from "../../api/types";
import { useTexts, type Texts } from "../../i18n/language";
import { changesBetween, type FieldChange } from "../../logic/acts";
import { freshKey } from "../../logic/keys";
import { useHouse } from "../../ui/house";
import { isProblem, problemText } from "../../ui/problem";

/** One wish, before it is known what it will meet. */
export interface Wish {
  /** Path of the act, such as `/v1/incidents/{id}:claim`. */
  path: string;
  body: Record<string, unknown>;
  /** The version the person was looking at. */
  etag: string;
  /** The assignment it is about; none: the incident itself. */
  assignment?: string;
  /** Sentence when it is done. */
  done: string;
}

export type Outcome =
  | { state: "idle" }
  | { state: "busy" }
  | { state: "done"; text: string }
  | { state: "failed"; text: string; again: Wish | null; key: string }
  /** Somebody was faster. `wish` is what was asked; `code` says whether asking again can help. */
  | { state: "conflict"; code: string; text: string; changes: readonly FieldChange[]; wish: Wish };

export interface Acting {
  outcome: Outcome;
  /** Returns whether it was done. */
  act: (wish: Wish, key?: string) => Promise<boolean>;
  dismiss: () => void;
}

export function useAct(reload: () => Promise<IncidentDetail>, seen: Incident | null): Acting {
  const texts = useTexts();
  const { client, hub } = useHouse();
  const [outcome, setOutcome] = useState<Outcome>({ state: "idle" });
  const busy = useRef(false);

  const act = useCallback(
    async (wish: Wish, key: string = freshKey()) => {
      if (busy.current) return false;
      busy.current = true;
      setOutcome({ state: "busy" });
      try {
        const answer = await client.post<ActAnswer>(wish.path, wish.body, { key, etag: wish.etag });
        hub.took([answer.incident], answer.teams, answer.assignments);
        setOutcome({ state: "done", text: wish.done });
        return true;
      } catch (fault) {
        if (fault instanceof Unreachable || (fault instanceof Refusal && fault.status >= 500)) {
          setOutcome({ state: "failed", text: texts.t("act.unknown"), again: wish, key });
        } else if (fault instanceof Refusal && (fault.status === 412 || fault.status === 409)) {
          setOutcome(await conflictOf(fault, wish));
        } else if (isProblem(fault)) {
          setOutcome({ state: "failed", text: problemText(fault, texts), again: null, key });
        } else throw fault;
        return false;
      } finally {
        busy.current = false;
      }

      async function conflictOf(fault: Refusal, wish: Wish): Promise<Outcome> {
        try {
          const now = await reload();
          const text = await refusedBecause(fault, texts);
          const changes = seen === null ? [] : changesBetween(seen, now);
          return { state: "conflict", code: fault.code, text, changes, wish };
        } catch (second) {
          if (!isProblem(second)) throw second;
          return { state: "failed", text: problemText(fault, texts), again: null, key };
        }
      }

      async function refusedBecause(fault: Refusal, { t, named }: Texts): Promise<string> {
        const text = (name: string) => (typeof fault.extra[name] === "string" ? fault.extra[name] : "");
        if (fault.code === "claimed-by-other") return t("conflict.claimed", { by: text("by") });
        if (fault.code !== "team-taken") return problemText(fault, texts);
        const team = hub.rows.teams.get(text("team_id"));
        const incident =
          hub.rows.lastKnown(text("incident_id")) ??
          (await client.get<Incident>(`/v1/incidents/${text("incident_id")}`));
        return t("conflict.taken", {
          team: team === undefined ? text("team_id") : named(team),
          by: text("by"),
          number: String(incident.number),
        });
      }
    },
    [client, hub, reload, seen, texts],
  );
  const dismiss = useCallback(() => {
    setOutcome({ state: "idle" });
  }, []);
  return { outcome, act, dismiss };
}
