// SPDX-License-Identifier: Apache-2.0
import { Button } from "react-aria-components";
import type { Assignment } from "../../api/types";
import { useTexts } from "../../i18n/language";
import { assignmentActs, isActive, type AssignmentAct } from "../../logic/acts";
import { useHouse, useRows } from "../../ui/house";

interface AssignmentsProps {
  assignments: readonly Assignment[];
  onAct: (act: AssignmentAct, assignment: Assignment) => void;
  busy: boolean;
}

/** Who was sent, where they are with it, and what can be recorded next. */
export function Assignments({ assignments, onAct, busy }: AssignmentsProps) {
  const { t, named, clock, coded } = useTexts();
  const { session } = useHouse();
  const { rows } = useRows();
  const sorted = [...assignments].sort((a, b) => Number(isActive(b)) - Number(isActive(a)) || (a.at < b.at ? 1 : -1));
  return (
    <section className="card" aria-labelledby="assigned-title">
      <h2 id="assigned-title">{t("incident.teams")}</h2>
      {sorted.length === 0 ? <p className="quiet">{t("incident.teams.none")}</p> : null}
      <ul className="assignments">
        {sorted.map((assignment) => {
          const team = rows.teams.get(assignment.team_id);
          const name = team === undefined ? assignment.team_id : named(team);
          return (
            <li key={assignment.id} className={isActive(assignment) ? "" : "past"}>
              <b>{name}</b>
              <span className={`state t-${assignment.state}`}>{t(`assignment.${assignment.state}`)}</span>
              <span className="quiet small">
                {clock(assignment.at)} · {assignment.by}
                {assignment.reason === ""
                  ? ""
                  : ` · ${assignment.reason.replace("skill_missing", t("assign.skillMissing"))}`}
              </span>
              <span className="acts">
                {assignmentActs(assignment, session.roles).map((act) => (
                  <Button
                    key={act}
                    className="button small"
                    isDisabled={busy}
                    aria-label={`${t(`act.${act}`)}: ${name}`}
                    onPress={() => {
                      onAct(act, assignment);
                    }}
                  >
                    {t(`act.${act}`)}
                  </Button>
                ))}
              </span>
              {assignment.history.length > 1 ? (
                <ol className="steps quiet small">
                  {assignment.history.map(([state, at, by], index) => (
                    <li key={`${state}-${index}`}>
                      {coded("assignment.", state)} {clock(at)} {by}
                    </li>
                  ))}
                </ol>
              ) : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
