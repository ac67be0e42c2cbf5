// SPDX-License-Identifier: Apache-2.0
/** The API's bodies, word for word as docs/api.md tells them. Instants are ISO 8601 in UTC, lengths metres. */

export type Role = "call_taker" | "operator" | "dispatcher" | "supervisor" | "front_line" | "administrator" | "source";

export type Lane = "life" | "ordinary" | "bulk";

export type IncidentState =
  | "new"
  | "triaged"
  | "assigned"
  | "in_progress"
  | "resolved"
  | "verified"
  | "closed"
  | "deferred"
  | "referred"
  | "unowned"
  | "merged";

export type TeamState =
  | "available"
  | "reserved"
  | "notified"
  | "en_route"
  | "on_scene"
  | "transporting"
  | "returning"
  | "off_duty"
  | "out_of_contact"
  | "distress";

export type AssignmentState =
  | "proposed"
  | "reserved"
  | "notified"
  | "accepted"
  | "declined"
  | "en_route"
  | "on_scene"
  | "cleared"
  | "stood_down"
  | "diverted"
  | "expired";

export interface Session {
  subject: string;
  roles: Role[];
  zones: string[];
  csrf: string;
  expires_at: string;
  mode: string;
  env: string;
}

/** One reason behind a number: a stable code, the value it adds, a sentence for people. */
export interface Term {
  code: string;
  value: number;
  detail: string;
}

export interface Incident {
  id: string;
  number: number;
  zone: string;
  type: string;
  state: IncidentState;
  priority: number;
  severity: number;
  rank: number;
  lane: Lane;
  lat: number | null;
  lon: number | null;
  radius_m: number;
  address: string;
  opened_at: string;
  first_at: string;
  last_at: string;
  closed_at: string | null;
  claim_until: string | null;
  reports: number;
  reporters: number;
  sources: number;
  summary: string;
  reasons: Term[];
  flags: string[];
  owner: string;
  merged_into: string;
  closing_code: string;
  teams: number;
  policy: number;
  exercise: boolean;
  version: number;
  decision_version: number;
  etag: string;
}

export interface Team {
  id: string;
  name_en: string;
  name_zh: string;
  kind: string;
  skills: string[];
  zone: string;
  state: TeamState;
  lat: number | null;
  lon: number | null;
  position_at: string | null;
  exercise: boolean;
  version: number;
}

export interface Assignment {
  id: string;
  incident_id: string;
  team_id: string;
  state: AssignmentState;
  by: string;
  at: string;
  reason: string;
  fence: number;
  version: number;
  history: [string, string, string][];
}

export interface IncidentDetail extends Incident {
  assignments: Assignment[];
  possible: string[];
}

export interface ReportPlace {
  point?: { lat: number; lon: number; accuracy_m?: number } | null;
  address?: string;
  asset_id?: string;
  place_id?: string;
}

export interface IncidentReport {
  report: {
    id: string;
    source: string;
    channel: string;
    type: string;
    words: string;
    event_time: string;
    received_at: string;
    location: ReportPlace | null;
    lane: Lane;
    claims: string[];
  };
  disposition: string;
  score: number;
  terms: Term[];
  own_line: boolean;
  repeats: number;
  decided_at: string;
}

/** One line of the audit: who did what to which row, and why. */
export interface AuditLine {
  at: string;
  actor: string;
  action: string;
  entity?: string;
  entity_id?: string;
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  reason?: string;
}

export type Band = "join" | "suggest" | "apart";

export interface NearIncident extends Incident {
  distance_m: number | null;
  match: { score: number; band: Band; terms: Term[] } | null;
}

export interface Place {
  id: string;
  name_en: string;
  name_zh: string;
  kind: string;
  zone: string;
  lat: number;
  lon: number;
  radius_m: number;
  asset_id: string;
}

export interface IncidentType {
  id: string;
  parent: string;
  label_en: string;
  label_zh: string;
  priority: number;
  lane: Lane;
}

export interface Zone {
  id: string;
  name_en: string;
  name_zh: string;
}

export interface ClosingCode {
  id: string;
  label_en: string;
  label_zh: string;
}

export interface City {
  name_en: string;
  name_zh: string;
  time_zone: string;
  closing_codes: ClosingCode[];
}

export interface Page<T> {
  items: T[];
  cursor: string;
}

export interface IncidentPage extends Page<Incident> {
  total: number;
  total_capped: boolean;
}

export interface Accepted {
  id: string;
  status: "accepted";
  lane: Lane;
  zone: string;
  type: string;
  claims: string[];
  href: string;
}

export interface ReportStatus {
  id: string;
  disposition: string;
  incident: { id: string; number: number } | null;
  zone: string;
  score: number;
  terms: Term[];
}

export interface ActAnswer {
  incident: Incident;
  assignments: Assignment[];
  teams: Team[];
}

export interface FieldProblem {
  path: string;
  reason: string;
  code: string;
}

export type Change =
  | { kind: "incident"; entity: string; version: number; lane: Lane; body: Incident }
  | { kind: "team"; entity: string; version: number; lane: Lane; body: Team }
  | { kind: "assignment"; entity: string; version: number; lane: Lane; body: Assignment };

export interface Snapshot {
  epoch: string;
  seq: number;
  prev: null;
  incidents: Incident[];
  total: number;
  teams: Team[];
  mode: string;
  at?: string;
}

export interface Delta {
  epoch: string;
  prev: number | null;
  seq: number;
  at: string;
  items: Change[];
}

export interface Heartbeat {
  epoch: string;
  seq: number;
  at: string;
}

export type Frame =
  | { event: "snapshot"; data: Snapshot }
  | { event: "delta"; data: Delta }
  | { event: "heartbeat"; data: Heartbeat }
  | { event: "reset"; data: { reason: string } };
