// SPDX-License-Identifier: Apache-2.0
/** Small marks that mean the same wherever they stand. */

import type { Incident, Lane, TeamState } from "../api/types";
import { useTexts } from "../i18n/language";
import { ageSeconds, tintOf } from "../logic/ages";
import { useNow } from "./house";

/** Outlines on a 20 × 20 grid: a different shape for each priority, so that colour is never alone. */
const SHAPES: Readonly<Record<number, string>> = {
  1: "M10 1 19 10 10 19 1 10Z",
  2: "M10 1.500 19 18H1Z",
  3: "M3 3h14v14H3Z",
  4: "M10 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16Z",
  5: "M2 8h16v4H2Z",
};

/** Priority by shape, text and colour. */
export function PriorityMark({ priority, long = false }: { priority: number; long?: boolean }) {
  const { t, coded } = useTexts();
  const name = coded("priority.", String(priority));
  return (
    <span className={`priority p${priority}`} title={t("priority.label", { priority, name })}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d={SHAPES[priority] ?? SHAPES[5]} />
      </svg>
      <b>P{priority}</b>
      {long ? <span>{name}</span> : <span className="hidden">{name}</span>}
    </span>
  );
}

type Aged = Pick<Incident, "priority" | "state" | "opened_at">;

/** Age with its tint; the tint is also said in words to those who do not see it. */
export function AgeMark({ row }: { row: Aged }) {
  const now = useNow();
  const { t, age } = useTexts();
  const tint = tintOf(row, now);
  return (
    <span className={`age ${tint}`}>
      <time dateTime={row.opened_at}>{age(ageSeconds(row.opened_at, now))}</time>
      {tint === "fresh" ? null : <span className="hidden">, {t(`age.tint.${tint}`)}</span>}
    </span>
  );
}

export function StateMark({ state }: { state: string }) {
  const { coded } = useTexts();
  return <span className={`state s-${state}`}>{coded("state.", state)}</span>;
}

export function TeamStateMark({ state }: { state: TeamState }) {
  const { t } = useTexts();
  return <span className={`state t-${state}`}>{t(`team.${state}`)}</span>;
}

export function LaneMark({ lane }: { lane: Lane }) {
  const { t } = useTexts();
  return <span className={`chip lane-${lane}`}>{t(`lane.${lane}`)}</span>;
}

export function FlagMarks({ row }: { row: Pick<Incident, "flags" | "exercise"> }) {
  const { t, coded } = useTexts();
  return (
    <>
      {row.exercise ? <span className="chip exercise">{t("common.exercise")}</span> : null}
      {row.flags.map((flag) => (
        <span key={flag} className="chip flag">
          {coded("flag.", flag)}
        </span>
      ))}
    </>
  );
}
