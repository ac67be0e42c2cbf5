# SPDX-License-Identifier: Apache-2.0
"""The domain's errors: what was wished, why it cannot be, what is possible instead.

They know nothing of HTTP or Kafka; the edges translate them. `code` is stable and listed once here.
"""

from __future__ import annotations


class DomainError(Exception):
    """Root of all errors that a rule of the domain raises."""

    code = "domain-error"


class IllegalTransition(DomainError):
    """A life cycle does not know the step asked for."""

    code = "illegal-transition"

    def __init__(self, what: str, state: str, wish: str, possible: tuple[str, ...]) -> None:
        self.what, self.state, self.wish, self.possible = what, state, wish, possible
        ways = ", ".join(possible) if possible else "nothing"
        super().__init__(f"{what} is {state}; cannot {wish}; possible: {ways}")


class VersionConflict(DomainError):
    """Someone else changed the row since it was read: read again and decide again."""

    code = "version-conflict"

    def __init__(self, what: str, expected: int, found: int) -> None:
        self.what, self.expected, self.found = what, expected, found
        super().__init__(f"{what} changed meanwhile: expected version {expected}, found {found}")


class TeamTaken(DomainError):
    """The team already has an active assignment; the message says whose."""

    code = "team-taken"

    def __init__(self, team_id: str, assignment_id: str, incident_id: str, by: str) -> None:
        self.team_id, self.assignment_id, self.incident_id, self.by = team_id, assignment_id, incident_id, by
        told = (("assignment", assignment_id), ("incident", incident_id), ("by", by))
        known = ", ".join(f"{name} {value}" for name, value in told if value)
        super().__init__(f"team {team_id} is taken" + (f": {known}" if known else ""))


class TeamsOnBoth(DomainError):
    """More than one of the incidents to be merged has active teams: confirm that all of them go on."""

    code = "teams-on-both"

    def __init__(self, incident_ids: tuple[str, ...]) -> None:
        self.incident_ids = incident_ids
        super().__init__(f"teams are on {', '.join(incident_ids)}; confirm that all of them stay on the one")


class ClaimedByOther(DomainError):
    """Another person holds the claim on the incident until a stated time."""

    code = "claimed-by-other"

    def __init__(self, incident_id: str, owner: str, until: str) -> None:
        self.incident_id, self.owner, self.until = incident_id, owner, until
        super().__init__(f"incident {incident_id} is claimed by {owner} until {until}")


class NotFound(DomainError):
    """No such row, or none that the asker may see."""

    code = "not-found"

    def __init__(self, what: str, key: str) -> None:
        self.what, self.key = what, key
        super().__init__(f"no {what} {key}")


class InvalidValue(DomainError):
    """A value breaks a rule; `path` names the field as in `location.lat`."""

    code = "invalid-value"

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


class StaleFence(DomainError):
    """A late command carries an old fencing token and changes nothing."""

    code = "stale-fence"

    def __init__(self, assignment_id: str, given: int, current: int) -> None:
        self.assignment_id, self.given, self.current = assignment_id, given, current
        super().__init__(f"assignment {assignment_id}: token {given} is older than {current}")
