# SPDX-License-Identifier: Apache-2.0
"""The desk's writes in memory: all compares first, then all rows."""

from __future__ import annotations

from copy import deepcopy

import msgspec

from weirhouse.domain.decision import MOVED, DeskWrite, Moved
from weirhouse.domain.errors import NotFound, TeamTaken, VersionConflict
from weirhouse.domain.incident import Assignment, Incident, Term
from weirhouse.domain.lifecycle import ACTIVE_ASSIGNMENT, AssignmentState
from weirhouse.domain.report import Lane
from weirhouse.ledger.hearing import heard
from weirhouse.ledger.memory.store import Kept, Store
from weirhouse.ledger.ports import OutboxRow
from weirhouse.wire.envelope import Touched, encode
from weirhouse.wire.topics import DISPATCHES, TOUCHED
from weirhouse.wire.views import view_json

_TERMS = msgspec.json.Decoder(list[Term])


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
    for move in act.moves:
        _move(store, move)
    rows = [_put_incident(store, row) for row in _incidents(act)]
    for row in rows:
        store.tell(row, row.zone, "life" if row.lane is Lane.LIFE else "ordinary", now, trace)
        touched.append(Touched(zone=row.zone, incident=row.id, version=row.version))
    teams = tuple(msgspec.structs.replace(team, version=team.version + 1) for team in sorted(act.teams, key=_id))
    for team in teams:
        store.teams[team.id] = deepcopy(team)
        store.tell(team, *heard(act, team, lane), now, trace)
    sent: list[Assignment] = []
    for one in sorted(act.assignments, key=_id):
        version = one.version + 1 if one.id in store.assignments else 1
        sent.append(msgspec.structs.replace(one, version=version))
        store.assignments[one.id] = deepcopy(sent[-1])
        store.tell(sent[-1], zone, lane, now, trace)
        if not exercise:
            _send(store, DISPATCHES.name, one.team_id, lane, view_json(sent[-1]), trace)
    for each in touched:
        _send(store, TOUCHED.name, each.zone, lane, encode(each), trace)
    store.audit += act.audit
    incident = rows.pop(0) if act.incident is not None else None
    return msgspec.structs.replace(act, incident=incident, others=tuple(rows), teams=teams, assignments=tuple(sent))


def _incidents(act: DeskWrite) -> list[Incident]:
    return [*([act.incident] if act.incident is not None else []), *act.others]


def _standing(store: Store, move: Moved) -> list[Kept]:
    return [
        kept
        for name, kept in store.kept.items()
        if kept.incident_id == move.source and (not move.ids or name in move.ids)
    ]


def _move(store: Store, move: Moved) -> None:
    for kept in _standing(store, move):
        terms = _TERMS.decode(kept.terms)
        if move.back:
            last = terms.pop() if terms else Term("", 0.0)
            was, _, place = last.detail.partition(" ")
            if last.code != MOVED or place != move.target:
                continue
            kept.kind, kept.own_line = was, kept.own_line and was != "opened"
        else:
            terms.append(Term(MOVED, 0.0, f"{kept.kind} {kept.incident_id}"))
            opened = kept.kind == "opened"
            kept.own_line = kept.own_line or (opened and kept.report.lane is Lane.LIFE)
            kept.kind = "opened" if kept.report.id == move.opens else "joined" if opened else kept.kind
        kept.incident_id, kept.zone, kept.terms = move.target, move.zone, msgspec.json.encode(terms)


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
    for incident in _incidents(act):
        row = store.incidents.get(incident.id)
        if row is None and incident.version:
            raise NotFound("incident", incident.id)
        if row is not None and row.version != incident.version:
            raise VersionConflict(f"incident {row.id}", incident.version, row.version)
    for move in act.moves:
        found = len(_standing(store, move))
        if move.ids and found != len(move.ids):
            raise VersionConflict(f"reports of incident {move.source}", len(move.ids), found)
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
    rows = _incidents(act)
    if not rows and act.assignments:
        incident = store.incidents.get(act.assignments[0].incident_id)
        if incident is None:
            raise NotFound("incident", act.assignments[0].incident_id)
        rows = [incident]
    if not rows:
        return "ordinary", act.teams[0].zone if act.teams else "", False
    life = any(row.lane is Lane.LIFE for row in rows)
    return "life" if life else "ordinary", rows[0].zone, rows[0].exercise
