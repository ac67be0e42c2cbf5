# SPDX-License-Identifier: Apache-2.0
"""The desk's writes in memory: all compares first, then all rows."""

from __future__ import annotations

from copy import deepcopy

import msgspec

from weirhouse.domain.decision import DeskWrite
from weirhouse.domain.errors import NotFound, TeamTaken, VersionConflict
from weirhouse.domain.incident import Assignment, Incident
from weirhouse.domain.lifecycle import ACTIVE_ASSIGNMENT, AssignmentState
from weirhouse.domain.report import Lane
from weirhouse.ledger.memory.store import Store
from weirhouse.ledger.ports import OutboxRow
from weirhouse.wire.envelope import Touched, encode
from weirhouse.wire.topics import DISPATCHES, TOUCHED
from weirhouse.wire.views import view_json


def active(assignment: Assignment) -> bool:
    """Return whether the assignment holds its team."""
    return AssignmentState(assignment.state) in ACTIVE_ASSIGNMENT


def write(store: Store, act: DeskWrite, now: float, trace: str) -> DeskWrite:
    """Write the act's rows; answer them with their new versions.

    Raises
    ------
    VersionConflict, TeamTaken, NotFound
        Nothing was written.
    """
    _compare(store, act)
    lane, zone, exercise = _where(store, act)
    touched = []
    for name in sorted(act.membership):
        store.memberships[name] += 1
        touched.append(Touched(zone=name, membership=store.memberships[name]))
    incident = _put_incident(store, act.incident) if act.incident is not None else None
    if incident is not None:
        store.tell(incident, incident.zone, lane, now, trace)
        touched.append(Touched(zone=incident.zone, incident=incident.id, version=incident.version))
    teams = tuple(msgspec.structs.replace(team, version=team.version + 1) for team in sorted(act.teams, key=_id))
    for team in teams:
        store.teams[team.id] = deepcopy(team)
        store.tell(team, team.zone, lane, now, trace)
    rows = []
    for row in sorted(act.assignments, key=_id):
        version = row.version + 1 if row.id in store.assignments else 1
        rows.append(msgspec.structs.replace(row, version=version))
        store.assignments[row.id] = deepcopy(rows[-1])
        store.tell(rows[-1], zone, lane, now, trace)
        if not exercise:
            _send(store, DISPATCHES.name, row.team_id, lane, view_json(rows[-1]), trace)
    for one in touched:
        _send(store, TOUCHED.name, one.zone, lane, encode(one), trace)
    store.audit += act.audit
    return msgspec.structs.replace(act, incident=incident, teams=teams, assignments=tuple(rows))


def _id(row: msgspec.Struct) -> str:
    return str(getattr(row, "id", ""))


def _send(store: Store, topic: str, key: str, lane: str, value: bytes, trace: str) -> None:
    row = OutboxRow(topic=f"{store.prefix}{topic}", key=key, lane=Lane(lane), value=value, trace=trace)
    store.outbox.append(row)


def _put_incident(store: Store, incident: Incident) -> Incident:
    number = incident.number or store.number()
    row = msgspec.structs.replace(incident, version=incident.version + 1, number=number)
    store.incidents[row.id] = deepcopy(row)
    return row


def _compare(store: Store, act: DeskWrite) -> None:
    if act.incident is not None:
        row = store.incidents.get(act.incident.id)
        if row is None and act.incident.version:
            raise NotFound("incident", act.incident.id)
        if row is not None and row.version != act.incident.version:
            raise VersionConflict(f"incident {row.id}", act.incident.version, row.version)
    for wanted in act.assignments:
        if not active(wanted):
            continue
        for held in store.assignments.values():
            if held.team_id == wanted.team_id and held.id != wanted.id and active(held):
                raise TeamTaken(wanted.team_id, held.id, held.incident_id, held.by)
    for team in act.teams:
        if team.id not in store.teams:
            raise NotFound("team", team.id)
        if store.teams[team.id].version != team.version:
            raise VersionConflict(f"team {team.id}", team.version, store.teams[team.id].version)
    for wanted in act.assignments:
        stands = store.assignments.get(wanted.id)
        if stands is not None and stands.version != wanted.version:
            raise VersionConflict(f"assignment {wanted.id}", wanted.version, stands.version)


def _where(store: Store, act: DeskWrite) -> tuple[str, str, bool]:
    incident = act.incident
    if incident is None and act.assignments:
        incident = store.incidents.get(act.assignments[0].incident_id)
        if incident is None:
            raise NotFound("incident", act.assignments[0].incident_id)
    if incident is None:
        return "ordinary", act.teams[0].zone if act.teams else "", False
    return "life" if incident.lane is Lane.LIFE else "ordinary", incident.zone, incident.exercise
