// SPDX-License-Identifier: Apache-2.0
/** Rows to test with. */

import type { Assignment, City, Incident, IncidentType, NearIncident, Session, Team, Zone } from "../src/api/types";

export const T0 = "2026-03-01T08:00:00Z";

export function incident(change: Partial<Incident> = {}): Incident {
  return {
    id: "i1",
    number: 1001,
    zone: "xizha",
    type: "fire",
    state: "new",
    priority: 2,
    severity: 0.8,
    rank: 10,
    lane: "ordinary",
    lat: 30.25,
    lon: 123.01,
    radius_m: 40,
    address: "North Ring Road",
    opened_at: T0,
    first_at: T0,
    last_at: T0,
    closed_at: null,
    claim_until: null,
    reports: 1,
    reporters: 1,
    sources: 1,
    summary: "Smoke from the third floor",
    reasons: [{ code: "severity", value: 0.8, detail: "" }],
    flags: [],
    owner: "",
    merged_into: "",
    closing_code: "",
    teams: 0,
    policy: 1,
    exercise: false,
    version: 1,
    decision_version: 1,
    etag: "1",
    ...change,
  };
}

export function near(change: Partial<NearIncident> = {}): NearIncident {
  return { ...incident(), distance_m: 80, match: { score: 0.9, band: "join", terms: [] }, ...change };
}

export function team(change: Partial<Team> = {}): Team {
  return {
    id: "engine-1",
    name_en: "Engine 1",
    name_zh: "消防车1号",
    kind: "fire_engine",
    skills: ["fire"],
    zone: "xizha",
    state: "available",
    lat: 30.25,
    lon: 123.02,
    position_at: T0,
    exercise: false,
    version: 1,
    ...change,
  };
}

export function assignment(change: Partial<Assignment> = {}): Assignment {
  return {
    id: "a1",
    incident_id: "i1",
    team_id: "engine-1",
    state: "notified",
    by: "li",
    at: T0,
    reason: "",
    fence: 1,
    version: 1,
    history: [],
    ...change,
  };
}

export const TYPES: readonly IncidentType[] = [
  { id: "fire", parent: "", label_en: "Fire", label_zh: "火灾", priority: 2, lane: "life" },
  { id: "gas", parent: "", label_en: "Gas", label_zh: "燃气", priority: 1, lane: "life" },
  { id: "noise", parent: "", label_en: "Noise", label_zh: "噪声", priority: 5, lane: "ordinary" },
  { id: "other", parent: "", label_en: "Other", label_zh: "其他", priority: 5, lane: "ordinary" },
];

export const ZONES: readonly Zone[] = [
  { id: "xizha", name_en: "West Sluice", name_zh: "西闸街道" },
  { id: "liuyin", name_en: "Willow Shade", name_zh: "柳荫街道" },
];

export const CITY: City = {
  name_en: "Weir City",
  name_zh: "堰城",
  time_zone: "Asia/Shanghai",
  closing_codes: [{ id: "done", label_en: "Done", label_zh: "已处置" }],
};

export const SESSION: Session = {
  subject: "dispatcher",
  roles: ["dispatcher", "call_taker"],
  zones: ["*"],
  csrf: "csrf",
  expires_at: "2026-03-02T08:00:00Z",
  mode: "normal",
  env: "development",
};
