# SPDX-License-Identifier: Apache-2.0
"""Taking the last merge or split back, as pure rules: rows get back what was theirs, history stays.

What people and reports did since is kept: a state, a claim or a word given later stays, reports that joined since stay
where they are, and a priority that rose since falls on neither side.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import assert_never

import msgspec

from weirhouse.domain.decision import AuditEntry, DeskWrite, Moved
from weirhouse.domain.deskrows import must_be_open, must_say
from weirhouse.domain.errors import IllegalTransition, InvalidValue
from weirhouse.domain.gather import MAX_FLAGS, copied
from weirhouse.domain.incident import Assignment, Incident
from weirhouse.domain.joining import MAX_TOLD, Before, active, before_of, line, merged_away, move_teams, state_with
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.domain.policy import Policy
from weirhouse.domain.priority import evidence_of, rank_anew
from weirhouse.domain.report import Lane, Report
from weirhouse.domain.together import gathered, give_evidence, told_by

_I = IncidentState


def stands_at(row: Incident) -> str:
    """Return the id of the incident at which the last merge or split of `row` is undone.

    Raises
    ------
    IllegalTransition
        When there is none.
    """
    if row.gist.acts:
        return row.id
    before = before_of(row)
    if before is None:
        raise IllegalTransition("incident", row.state.value, "undo", ())
    return before.kept.id


def last_act(kept: Incident, asked: str) -> tuple[str, tuple[str, ...]]:
    """Return (merge or split, ids of the other incidents) of the last act at `kept`.

    Raises
    ------
    IllegalTransition
        When there is none, or the incident `asked` had no part in it: later ones are undone first.
    """
    if not kept.gist.acts:
        raise IllegalTransition("incident", kept.state.value, "undo", ())
    act, *parts = kept.gist.acts[-1]
    if asked != kept.id and asked not in parts:
        raise IllegalTransition("incident", kept.state.value, "undo", (f"undo the later {act} first",))
    return act, tuple(parts)


def came_since(kept: Incident, parts: Sequence[Incident]) -> int:
    """Return how many reports came to `kept` (and to what was split off) since the act."""
    before = _before(kept, parts[0])
    match before.act:
        case "merge":
            return kept.reports - before.given.reports
        case "split":
            return kept.reports + parts[0].reports - before.kept.reports
        case _:
            assert_never(before.act)


def _before(kept: Incident, part: Incident) -> Before:
    before = before_of(part)
    if before is None or before.kept.id != kept.id:
        raise IllegalTransition("incident", part.state.value, "undo", ())
    return before


def undo(
    kept: Incident,
    parts: Sequence[Incident],
    actor: str,
    now: float,
    reason: str,
    policy: Policy,
    own: Sequence[Report] = (),
    assignments: Sequence[Assignment] = (),
) -> DeskWrite:
    """Take the last merge or split at `kept` back.

    Parameters
    ----------
    parts
        The other incidents of the act, as they are now.
    own
        All reports of `kept` that did not come to it by the merge; needed only when some `came_since`.
    assignments
        Those of `kept` and of the parts.

    Raises
    ------
    InvalidValue
        Without a reason, or when more reports stand in the incident than can be told anew.
    IllegalTransition
        When one of them went on since: closed, merged, or with a later merge or split of its own.
    """
    must_say("reason", reason)
    must_be_open(kept, "undo")
    act, names = last_act(kept, kept.id)
    if {part.id for part in parts} != set(names):
        raise IllegalTransition("incident", kept.state.value, "undo", (f"undo the later {act} first",))
    if act == "merge":
        return _unmerge(kept, parts, actor, now, reason, policy, own, assignments)
    return _unsplit(kept, parts[0], actor, now, reason, policy, assignments)


def _unmerge(
    kept: Incident,
    parts: Sequence[Incident],
    actor: str,
    now: float,
    reason: str,
    policy: Policy,
    own: Sequence[Report],
    assignments: Sequence[Assignment],
) -> DeskWrite:
    since = came_since(kept, parts)
    if since and not 1 <= len(own) <= MAX_TOLD:
        raise InvalidValue("id", f"{len(own)} reports cannot be told anew (at most {MAX_TOLD})")
    before = _before(kept, parts[0])
    fresh = copied(kept)
    episodes = kept.gist.episodes
    theirs: set[str] = set()
    back: list[Incident] = []
    lines: list[AuditEntry] = []
    moved: list[Assignment] = []
    more: list[AuditEntry] = []
    for part in parts:
        image = _before(kept, part)
        if part.state is not _I.MERGED or part.merged_into != kept.id or image.other is None:
            raise IllegalTransition("incident", part.state.value, "undo", ())
        teams = move_teams([a for a in assignments if a.id in image.assignments], part.id, actor, now, reason)
        row = copied(image.other)
        row.version, row.decision_version = part.version, part.decision_version + 1
        row.gist.episodes = {name: episodes.get(name, at) for name, at in row.gist.episodes.items()}
        row.teams = sum(map(active, teams.assignments))
        row.state = _staffed(image.other.state, row.teams)
        if row.claim_until <= now:
            row.owner, row.claim_until = "", 0.0
        _not_milder(row, kept, before, policy)
        theirs |= row.gist.episodes.keys()
        moved += teams.assignments
        more += teams.audit
        back.append(row)
        lines.append(line(now, actor, "undo", part, row, reason, undone="merge", apart_from=kept.id))
    _give_back(fresh, kept, before, _told(kept, before, own, policy) if since else before.kept, policy)
    mine = {name: at for name, at in episodes.items() if name not in theirs or name in before.kept.gist.episodes}
    fresh.gist.episodes = mine
    fresh.teams = kept.teams - sum(map(active, moved))
    fresh.state = _staffed(before.kept.state if kept.state is before.given.state else kept.state, fresh.teams)
    return DeskWrite(
        incident=fresh,
        others=tuple(back),
        moves=tuple(Moved(source=kept.id, target=row.id, zone=row.zone, back=True) for row in back),
        assignments=tuple(moved),
        audit=(line(now, actor, "undo", kept, fresh, reason, undone="merge", back=[r.id for r in back]), *lines, *more),
        membership=tuple(sorted({row.zone for row in back})),
    )


def _unsplit(
    kept: Incident,
    part: Incident,
    actor: str,
    now: float,
    reason: str,
    policy: Policy,
    assignments: Sequence[Assignment],
) -> DeskWrite:
    must_be_open(part, "undo")
    if part.gist.acts:
        raise IllegalTransition("incident", part.state.value, "undo", ("undo its own merge or split first",))
    since = came_since(kept, [part])
    before = _before(kept, part)
    fresh = copied(kept)
    _give_back(fresh, kept, before, gathered(kept, [part], policy) if since else before.kept, policy)
    if part.priority < min(fresh.priority, before.part):
        # It rose since the split: what it rose to comes along.
        fresh.priority = part.priority
        rank_anew(fresh, policy)
    if part.lane is Lane.LIFE:
        fresh.lane = Lane.LIFE
    fresh.gist.episodes = {**kept.gist.episodes, **part.gist.episodes}
    fresh.teams = kept.teams + part.teams
    fresh.state = state_with(fresh.teams, (kept, part)) if part.teams else kept.state
    away = merged_away(part, kept.id, now)
    if before.other is not None:
        away.gist = copy(before.other.gist)
        away.gist.links = part.gist.links
    teams = move_teams([a for a in assignments if a.incident_id == part.id and active(a)], kept.id, actor, now, reason)
    moves = [Moved(source=part.id, target=kept.id, zone=kept.zone, back=True)]
    if since:
        moves.append(Moved(source=part.id, target=kept.id, zone=kept.zone))
    return DeskWrite(
        incident=fresh,
        others=(away,),
        moves=tuple(moves),
        assignments=teams.assignments,
        audit=(
            line(now, actor, "undo", kept, fresh, reason, undone="split", part=part.id),
            line(now, actor, "undo", part, away, reason, undone="split", merged_into=kept.id),
            *teams.audit,
        ),
    )


def _told(kept: Incident, before: Before, own: Sequence[Report], policy: Policy) -> Incident:
    """Return what the reports of `kept` say without those that came by the merge; never milder than before it."""
    frame = copied(kept)
    if _same_word(kept, before):
        frame.gist.word, frame.gist.word_over = before.kept.gist.word, before.kept.gist.word_over
        frame.priority = before.kept.priority
    told = told_by(frame, own, policy)
    if frame.priority < told.priority and _same_word(kept, before):
        told.priority = frame.priority
        rank_anew(told, policy)
    return told


def _same_word(kept: Incident, before: Before) -> bool:
    one, two = kept.gist, before.given.gist
    return (one.word, one.word_over) == (two.word, two.word_over)


def _staffed(state: IncidentState, teams: int) -> IncidentState:
    """Return the state that the number of active teams bears out."""
    working = state in (_I.ASSIGNED, _I.IN_PROGRESS)
    if teams and not working:
        return _I.ASSIGNED
    return _I.TRIAGED if working and not teams else state


def _give_back(fresh: Incident, kept: Incident, before: Before, told: Incident, policy: Policy) -> None:
    """Change `fresh`, a copy of `kept`, to the evidence told, and to the word, ties and flags of before."""
    give_evidence(fresh, told)
    gist, old = fresh.gist, before.kept.gist
    gist.must, gist.cannot, gist.acts = old.must, old.cannot, kept.gist.acts[:-1]
    if _same_word(kept, before):
        gist.word, gist.word_over = old.word, old.word_over
    else:
        fresh.priority = kept.priority
    flags = (*before.kept.flags, *(flag for flag in kept.flags if flag not in before.given.flags))
    fresh.flags = tuple(dict.fromkeys(flags))[:MAX_FLAGS]
    if told.type != kept.type or fresh.priority != told.priority:
        rank_anew(fresh, policy)
    _not_milder(fresh, kept, before, policy)
    fresh.decision_version += 1


def _not_milder(row: Incident, kept: Incident, before: Before, policy: Policy) -> None:
    """Raise `row` to what the incident rose to since the act, whoever of the two it was about."""
    risen = _same_word(kept, before) and evidence_of(kept) < evidence_of(before.given)
    if risen and kept.priority < row.priority:
        row.priority = kept.priority
        row.gist.word = row.gist.word_over = 0
        row.lane = Lane.LIFE if row.priority <= policy.life_priority else row.lane
        rank_anew(row, policy)


def others_told(rows: Sequence[tuple[Report, bytes]], parts: Sequence[str]) -> list[Report]:
    """Return the reports whose last term does not say that they came from one of `parts`.

    `rows` holds (report, terms as JSON).
    """
    kept: list[Report] = []
    for report, terms in rows:
        told = msgspec.json.decode(terms)
        last = told[-1] if told else {}
        if last.get("code") != "moved" or str(last.get("detail", "")).rpartition(" ")[2] not in parts:
            kept.append(report)
    return kept
