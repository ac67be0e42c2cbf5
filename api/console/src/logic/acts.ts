// SPDX-License-Identifier: Apache-2.0
/** Which acts a person may do now, and what changed under one that was refused. */

import type { Assignment, AssignmentState, Incident, IncidentDetail, Role, Team } from "../api/types";

export type IncidentAct = "claim" | "release" | "assign" | "close" | "reopen";
export type AssignmentAct = "accept" | "decline" | "en-route" | "arrive" | "clear" | "stand-down";

const MAY: Readonly<Record<IncidentAct | AssignmentAct, readonly Role[]>> = {
  claim: ["operator", "dispatcher", "supervisor"],
  release: ["operator", "dispatcher", "supervisor"],
  close: ["operator", "dispatcher", "supervisor"],
  reopen: ["operator", "dispatcher", "supervisor"],
  assign: ["dispatcher", "supervisor"],
  "stand-down": ["dispatcher", "supervisor"],
  accept: ["front_line", "dispatcher", "supervisor"],
  decline: ["front_line", "dispatcher", "supervisor"],
  "en-route": ["front_line", "dispatcher", "supervisor"],
  arrive: ["front_line", "dispatcher", "supervisor"],
  clear: ["front_line", "dispatcher", "supervisor"],
};

export function may(roles: readonly Role[], act: IncidentAct | AssignmentAct): boolean {
  return MAY[act].some((role) => roles.includes(role));
}

export function mayTakeCalls(roles: readonly Role[]): boolean {
  return (["call_taker", "operator", "dispatcher", "supervisor"] as const).some((role) => roles.includes(role));
}

const ORDER: readonly IncidentAct[] = ["assign", "claim", "release", "close", "reopen"];

/** Acts that the house says are possible now, as far as they make sense for this person and these roles. */
export function incidentActs(row: IncidentDetail, subject: string, roles: readonly Role[]): IncidentAct[] {
  return ORDER.filter((act) => {
    if (!row.possible.includes(act) || !may(roles, act)) return false;
    if (act === "claim") return row.owner === "";
    return act === "release" ? row.owner === subject : true;
  });
}

const NEXT: Readonly<Record<AssignmentState, readonly AssignmentAct[]>> = {
  proposed: ["stand-down"],
  reserved: ["accept", "decline", "stand-down"],
  notified: ["accept", "decline", "stand-down"],
  accepted: ["en-route", "arrive", "decline", "stand-down"],
  en_route: ["arrive", "clear", "stand-down"],
  on_scene: ["clear", "stand-down"],
  declined: [],
  cleared: [],
  stood_down: [],
  diverted: [],
  expired: [],
};

export function assignmentActs(assignment: Assignment, roles: readonly Role[]): AssignmentAct[] {
  return NEXT[assignment.state].filter((act) => may(roles, act));
}

export function isActive(assignment: Assignment): boolean {
  return (["reserved", "notified", "accepted", "en_route", "on_scene"] as const).some((s) => s === assignment.state);
}

export interface FieldChange {
  field: "state" | "priority" | "owner" | "teams" | "type" | "zone" | "reports";
  before: string | number;
  after: string | number;
}

const WATCHED: readonly FieldChange["field"][] = ["state", "priority", "owner", "teams", "type", "zone", "reports"];

/** What a person who was told "it changed meanwhile" has to see before deciding again. */
export function changesBetween(before: Incident, after: Incident): FieldChange[] {
  return WATCHED.filter((field) => before[field] !== after[field]).map((field) => ({
    field,
    before: before[field],
    after: after[field],
  }));
}

/** Metres between two places on the sphere of the Earth's mean radius (haversine). */
export function distanceM(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(h));
}

export interface TeamChoice {
  team: Team;
  free: boolean;
  /** Metres to the incident; null when either place is not known. */
  distance: number | null;
}

/** Teams that may be sent, available ones first, then by distance; exercise teams only to exercises. */
export function teamChoices(teams: Iterable<Team>, incident: Incident): TeamChoice[] {
  const { lat, lon } = incident;
  return [...teams]
    .filter((team) => team.exercise === incident.exercise && team.state !== "off_duty")
    .map((team) => ({
      team,
      free: team.state === "available" || team.state === "returning",
      distance:
        lat === null || lon === null || team.lat === null || team.lon === null
          ? null
          : distanceM({ lat, lon }, { lat: team.lat, lon: team.lon }),
    }))
    .sort(
      (a, b) =>
        Number(b.team.state === "available") - Number(a.team.state === "available") ||
        Number(b.free) - Number(a.free) ||
        (a.distance ?? Number.POSITIVE_INFINITY) - (b.distance ?? Number.POSITIVE_INFINITY) ||
        a.team.id.localeCompare(b.team.id),
    );
}
