// SPDX-License-Identifier: Apache-2.0
/** Teams by state, those in distress first, then those one can send. */

import { useMemo } from "react";
import type { Team, TeamState } from "../../api/types";
import { useTexts } from "../../i18n/language";
import { isActive } from "../../logic/acts";
import { ageSeconds } from "../../logic/ages";
import { go, useAddress } from "../../ui/address";
import { useHouse, useNames, useNow, useRows } from "../../ui/house";
import { useKeys } from "../../ui/keys";
import { TeamStateMark } from "../../ui/marks";

const ORDER: readonly TeamState[] = [
  "distress",
  "out_of_contact",
  "available",
  "returning",
  "reserved",
  "notified",
  "en_route",
  "on_scene",
  "transporting",
  "off_duty",
];

export function TeamsScreen() {
  const { t, named, coded, age } = useTexts();
  const { zones } = useHouse();
  const feed = useRows();
  const { rows } = feed;
  const { filters } = useAddress();
  const names = useNames();
  const now = useNow();
  useKeys({
    Escape: () => {
      go({ screen: "queue" });
    },
  });

  const groups = useMemo(() => {
    const byState = new Map<TeamState, Team[]>();
    for (const team of feed.rows.teams.values()) {
      if (filters.zones.length > 0 && !filters.zones.includes(team.zone)) continue;
      byState.set(team.state, [...(byState.get(team.state) ?? []), team]);
    }
    const zoneOrder = new Map(zones.map((zone, index) => [zone.id, index]));
    return ORDER.flatMap((state) => {
      const teams = byState.get(state);
      if (teams === undefined) return [];
      teams.sort((a, b) => (zoneOrder.get(a.zone) ?? 0) - (zoneOrder.get(b.zone) ?? 0) || a.id.localeCompare(b.id));
      return [{ state, teams }];
    });
  }, [feed, filters.zones, zones]);

  const incidentOf = (team: Team) => {
    for (const assignment of rows.assignments.values()) {
      if (assignment.team_id === team.id && isActive(assignment)) return rows.lastKnown(assignment.incident_id);
    }
    return undefined;
  };

  return (
    <section className="teams" aria-labelledby="teams-title">
      <h1 id="teams-title">{t("teams.title")}</h1>
      {groups.length === 0 ? <p className="quiet">{t("teams.none")}</p> : null}
      {groups.map(({ state, teams }) => (
        <section key={state} className="team-group" aria-labelledby={`teams-${state}`}>
          <h2 id={`teams-${state}`}>
            <TeamStateMark state={state} /> <span className="quiet">{t("teams.count", { count: teams.length })}</span>
          </h2>
          <ul>
            {teams.map((team) => {
              const incident = incidentOf(team);
              return (
                <li key={team.id} className="team">
                  <b>{named(team)}</b>
                  {team.exercise ? <span className="chip exercise">{t("common.exercise")}</span> : null}
                  <span className="quiet">
                    {coded("kind.", team.kind)} · {names.zone(team.zone)}
                  </span>
                  <span className="quiet small">
                    {team.position_at === null || ageSeconds(team.position_at, now) > 30 * 86_400
                      ? t("teams.noposition")
                      : t("teams.position", { age: age(ageSeconds(team.position_at, now)) })}
                  </span>
                  {incident === undefined ? null : (
                    <a href={`#/incidents/${incident.id}`}>{t("teams.on", { number: String(incident.number) })}</a>
                  )}
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </section>
  );
}
