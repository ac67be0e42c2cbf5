// SPDX-License-Identifier: Apache-2.0
/** What the feed told so far: incidents, teams and assignments by id, newest version wins. */

import type { Assignment, Change, Delta, Frame, Incident, Snapshot, Team } from "../api/types";
import { isOpen } from "./filters";

/** What a frame did: applied, already known, or a number is missing and the stream must start again. */
export type Applied = "applied" | "known" | "gap";

/** Closed incidents remembered, so that a page that was read earlier cannot bring one back. */
const GONE_KEPT = 2_000;

export class Rows {
  readonly incidents = new Map<string, Incident>();
  readonly teams = new Map<string, Team>();
  readonly assignments = new Map<string, Assignment>();
  epoch = "";
  seq = -1;
  mode = "normal";
  total = 0;
  /** Rises with every change, for views that subscribe. */
  revision = 0;
  /** How many snapshots were taken; a new one means that pages read before are gone. */
  snapshots = 0;
  private readonly gone = new Map<string, Incident>();
  private before: ReadonlyMap<string, Incident> = new Map<string, Incident>();

  apply(frame: Frame): Applied {
    switch (frame.event) {
      case "snapshot":
        return this.begin(frame.data);
      case "delta":
        return this.advance(frame.data);
      case "heartbeat":
        return frame.data.epoch !== this.epoch ? "gap" : "known";
      case "reset":
        return "gap";
    }
  }

  /** The row as it was last known, also after it has left the queue. */
  lastKnown(id: string): Incident | undefined {
    return this.incidents.get(id) ?? this.gone.get(id) ?? this.before.get(id);
  }

  /** Takes rows that were fetched beside the stream (further pages, an act's answer); never an older version. */
  merge(incidents: readonly Incident[], teams: readonly Team[] = [], assignments: readonly Assignment[] = []): void {
    for (const row of incidents) this.incident(row);
    for (const team of teams) newer(this.teams, team);
    for (const assignment of assignments) newer(this.assignments, assignment);
    this.revision += 1;
  }

  private begin(snapshot: Snapshot): Applied {
    this.before = new Map(this.incidents);
    this.incidents.clear();
    this.teams.clear();
    this.assignments.clear();
    this.gone.clear();
    this.epoch = snapshot.epoch;
    this.seq = snapshot.seq;
    this.mode = snapshot.mode;
    this.total = snapshot.total;
    this.snapshots += 1;
    this.merge(snapshot.incidents, snapshot.teams);
    return "applied";
  }

  private advance(delta: Delta): Applied {
    if (delta.epoch !== this.epoch) return "gap";
    if (delta.seq <= this.seq) return "known";
    if (delta.prev !== null && delta.prev !== this.seq) return "gap";
    for (const change of delta.items) this.change(change);
    this.seq = delta.seq;
    this.revision += 1;
    return "applied";
  }

  private change(change: Change): void {
    switch (change.kind) {
      case "incident":
        this.incident(change.body);
        break;
      case "team":
        newer(this.teams, change.body);
        break;
      case "assignment":
        newer(this.assignments, change.body);
        break;
    }
  }

  private incident(row: Incident): void {
    const known = this.incidents.get(row.id)?.version ?? this.gone.get(row.id)?.version ?? -1;
    if (row.version < known) return;
    if (isOpen(row)) {
      this.gone.delete(row.id);
      this.incidents.set(row.id, row);
      return;
    }
    this.incidents.delete(row.id);
    this.gone.set(row.id, row);
    if (this.gone.size > GONE_KEPT) {
      const oldest = this.gone.keys().next();
      if (!oldest.done) this.gone.delete(oldest.value);
    }
  }
}

function newer<T extends { id: string; version: number }>(map: Map<string, T>, row: T): void {
  const known = map.get(row.id);
  if (known === undefined || row.version >= known.version) map.set(row.id, row);
}
