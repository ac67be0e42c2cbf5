// SPDX-License-Identifier: Apache-2.0
/** The command line: "assign 14 to Engine 3", "派 14 给消防车3号". It only ever fills in the assign dialog. */

import type { Incident, Team } from "../api/types";
import { teamChoices } from "./acts";

export interface AssignLine {
  /** The incident's number, digits as typed. */
  number: string;
  /** What was typed of the team so far; empty where nothing was. */
  team: string;
}

const LINE = /^(?:assign\s+|派单\s*|派\s*)#?(\d+)(?:$|\s+(?:to(?:\s+|$))?|\s*[给到]\s*)(?:给\s*)?(.*)$/i;

/** Null where the words are no assignment; then they are looked up among the other commands. */
export function parseAssign(typed: string): AssignLine | null {
  const found = LINE.exec(typed.trim());
  return found === null ? null : { number: found[1] ?? "", team: (found[2] ?? "").trim() };
}

/** How well a team answers to `wanted`: 0 is its very name, 1 begins with it, 2 holds it, null does not. */
function fit(team: Team, wanted: string): number | null {
  const names = [team.name_en, team.name_zh, team.id].map((name) => name.toLowerCase());
  if (names.includes(wanted)) return 0;
  if (names.some((name) => name.startsWith(wanted))) return 1;
  return names.some((name) => name.includes(wanted)) ? 2 : null;
}

/** Free teams that answer to `typed`, at most `most`: the exact name first ("Engine 1" before a nearer
 * "Engine 10"), then as the assign dialog orders them. */
export function completions(typed: string, teams: Iterable<Team>, incident: Incident, most: number): Team[] {
  const wanted = typed.trim().toLowerCase();
  return teamChoices(teams, incident)
    .filter(({ free }) => free)
    .flatMap(({ team }) => {
      const grade = fit(team, wanted);
      return grade === null ? [] : [{ team, grade }];
    })
    .sort((a, b) => a.grade - b.grade)
    .slice(0, most)
    .map(({ team }) => team);
}

const PREFIX = "assign:";

/** How the incident's address says which team the assign dialog opens with. */
export function assignAct(teamId: string): string {
  return `${PREFIX}${teamId}`;
}

/** The team of an act from the address: empty for a plain "assign", null where it is no assignment. */
export function teamOfAct(act: string): string | null {
  if (act === "assign") return "";
  return act.startsWith(PREFIX) ? act.slice(PREFIX.length) : null;
}
