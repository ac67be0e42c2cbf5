# SPDX-License-Identifier: Apache-2.0
"""The storm before it is sent: who reports what, when, and the truth of it. Same seed, same plan."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from loadtests.storm.profile import Profile
from loadtests.storm.town import Device, Spot, Town, metres, moved
from loadtests.storm.words import Kind, kinds, say

MAX_REPORTS = 200_000

# Source, channel, share of the calls, whether its system sends batches; the shares follow one Chinese prefecture's
# hotline (phone 60.3 %, grid inspectors 31.5 %, messaging 4.5 %), a third of the inspectors' given to the app.
VOICES = (
    ("hotline", "phone", 0.603, False),
    ("grid", "field", 0.21, True),
    ("app", "app", 0.13, False),
    ("messages", "message", 0.045, True),
    ("web", "web", 0.012, True),
)

DEVICE_RANGE_M = 400.0


@dataclass(frozen=True)
class Happening:
    """Something that happens at `spot` from second `start` on; `size` people will tell of it."""

    id: str
    kind: str
    spot: Spot
    lat: float
    lon: float
    start: float
    over: float
    size: int
    danger: bool


@dataclass(frozen=True)
class Call:
    """One report to send at second `at`; `seen_at` is what it calls its own instant."""

    at: float
    seen_at: float
    source: str
    key: str
    body: dict[str, Any]
    batch: bool
    again: bool = False
    """A second delivery of the same report, word for word."""


@dataclass
class Plan:
    """Calls in order of sending, happenings, and one truth row for each report and device involved."""

    profile: Profile
    calls: list[Call] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    truth: list[dict[str, Any]] = field(default_factory=list)
    alarms: dict[str, list[Happening]] = field(default_factory=dict)
    """Device id → the happenings it notices."""


def make(profile: Profile, town: Town, seed: int) -> Plan:
    """Return the plan of one storm.

    Raises
    ------
    ValueError
        It would hold more than `MAX_REPORTS` reports.
    """
    chance = random.Random(f"{profile.name}/{seed}")
    plan = Plan(profile)
    known = kinds()
    expected = sum(
        profile.calls_per_s * profile.share_at(second + 0.5) for second in range(math.ceil(profile.duration_s))
    )
    if expected > MAX_REPORTS:
        raise ValueError(f"the storm would hold {expected:.0f} reports; at most {MAX_REPORTS} are sent in one run")
    noise = round(expected * profile.noise_share)
    _happen(plan, town, known, round(expected) - noise, chance)
    caller = _Caller(plan, town, seed, chance)
    for happening in plan.happenings:
        caller.about(happening, known[happening.kind])
    for _ in range(noise):
        caller.chaff(known["chaff"])
    plan.calls.sort(key=lambda call: (call.at, call.key))
    return plan


def _happen(plan: Plan, town: Town, known: dict[str, Kind], budget: int, chance: random.Random) -> None:
    profile = plan.profile
    taken: dict[str, list[Spot]] = {}
    for hot in profile.hot:
        _add(plan, town, known, taken, (hot.kind, hot.from_s, hot.over_s, hot.reports), chance)
    # What many see comes on top of the mean.
    names, weights = list(profile.mix), list(profile.mix.values())
    # Sizes are geometric; single kinds stand alone, so the others must be larger for the mean to hold.
    alone = sum(w for name, w in profile.mix.items() if known[name].single) / sum(weights)
    mean = max(1.0, (profile.reports_per_happening - alone) / max(1e-9, 1 - alone))
    while budget > 0:
        name = chance.choices(names, weights)[0]
        size = 1
        while not known[name].single and size < 300 and chance.random() > 1 / mean:
            size += 1
        start = _moment(profile, chance)
        over = min(chance.uniform(20, 240), profile.duration_s - start)
        _add(plan, town, known, taken, (name, start, over, min(size, budget)), chance)
        budget -= min(size, budget)


def _add(
    plan: Plan,
    town: Town,
    known: dict[str, Kind],
    taken: dict[str, list[Spot]],
    what: tuple[str, float, float, int],
    chance: random.Random,
) -> None:
    name, start, over, size = what
    kind = known[name]
    there = [spot for sort in kind.at for spot in town.spots.get(sort, ())]
    used = taken.setdefault(name, [])
    free = [s for s in there if all(metres(s.lat, s.lon, u.lat, u.lon) >= kind.apart_m for u in used)]
    if not free:  # the city is full of this kind: more people tell of one that stands
        grown = [i for i, h in enumerate(plan.happenings) if h.kind == name]
        index = chance.choice(grown)
        old = plan.happenings[index]
        plan.happenings[index] = Happening(**{**vars(old), "size": old.size + size})
        return
    spot = chance.choice(free)
    used.append(spot)
    reach = min(spot.radius_m / 3, 60.0)
    lat, lon = moved(spot.lat, spot.lon, chance.gauss(0, reach / 2), chance.gauss(0, reach / 2))
    danger = bool(kind.danger_en) and chance.random() < plan.profile.danger_share
    happening = Happening(f"h{len(plan.happenings) + 1:05d}", name, spot, lat, lon, start, over, size, danger)
    plan.happenings.append(happening)
    for device in town.near(kind.devices, lat, lon, DEVICE_RANGE_M):
        plan.alarms.setdefault(device.id, []).append(happening)


def _moment(profile: Profile, chance: random.Random) -> float:
    while True:
        second = chance.uniform(0, profile.duration_s)
        if chance.random() < profile.share_at(second):
            return second


class _Caller:
    """Turns happenings into calls, each with its truth row."""

    def __init__(self, plan: Plan, town: Town, seed: int, chance: random.Random) -> None:
        self._plan, self._town, self._seed, self._chance = plan, town, seed, chance
        self._count = 0

    def about(self, happening: Happening, kind: Kind) -> None:
        """Let people tell of a happening; some call again, some of it is delivered twice."""
        left = happening.size
        first = True
        while left > 0:
            at = happening.start if first else happening.start + self._chance.random() ** 1.5 * happening.over
            # The one in danger is told of by the first caller and by some later ones.
            danger = happening.danger and (first or self._chance.random() < 0.4)
            voice, person = self._voice(kind), f"caller-{self._chance.getrandbits(48):012x}"
            key = self._call(at, voice, person, kind, happening, danger=danger)
            left -= 1
            first = False
            if left > 0 and self._chance.random() < self._plan.profile.redial_share:
                later = at + self._chance.uniform(15, 90)
                self._call(later, voice, person, kind, happening, danger=danger, redial_of=key)
                left -= 1

    def chaff(self, kind: Kind) -> None:
        """One call about nothing."""
        person = f"caller-{self._chance.getrandbits(48):012x}"
        self._call(_moment(self._plan.profile, self._chance), self._voice(kind), person, kind, None)

    def _voice(self, kind: Kind) -> tuple[str, str, float, bool]:
        if not kind.label:  # nobody's errand: inspectors do not call by mistake
            return VOICES[0] if self._chance.random() < 0.9 else VOICES[3]
        if kind.life and self._chance.random() < 0.5:
            return ("emergency", "phone", 0.0, False)
        return self._chance.choices(VOICES, [voice[2] for voice in VOICES])[0]

    def _call(
        self,
        at: float,
        voice: tuple[str, str, float, bool],
        person: str,
        kind: Kind,
        happening: Happening | None,
        *,
        danger: bool = False,
        redial_of: str = "",
    ) -> str:
        chance, plan = self._chance, self._plan
        source, channel, _, batch = voice
        self._count += 1
        key = f"{plan.profile.name}-{self._seed}-{self._count:06d}"
        language = "zh" if chance.random() < plan.profile.chinese_share else "en"
        spot = happening.spot if happening else None
        place = (spot.chinese if language == "zh" else spot.english) if spot else ""
        body: dict[str, Any] = {
            "id": key,
            "source": source,
            "channel": channel,
            "description": say(kind, language, place, danger, chance),
            "language": language,
            "reporter": {"token": person},
        }
        said = 0.9 if channel in ("app", "field") else 0.7 if channel == "phone" else 0.0
        if kind.label and chance.random() < said:
            body["type"] = kind.label
        if source == "emergency" and happening:
            body["life_safety"] = True
        if happening:
            body["location"] = self._where(happening, channel, place)
        at = min(at, plan.profile.duration_s)
        plan.calls.append(Call(at, at, source, key, body, batch and not kind.life))
        plan.truth.append(
            {
                "report": key,
                "source": source,
                "happening": happening.id if happening else "",
                "kind": happening.kind if happening else "",
                "danger": danger,
                "redial_of": redial_of,
                "at_s": round(at, 3),
            }
        )
        if chance.random() < plan.profile.resend_share:
            later = min(at + chance.uniform(0.5, 20), plan.profile.duration_s)
            plan.calls.append(Call(later, at, source, key, body, batch and not kind.life, again=True))
        return key

    def _where(self, happening: Happening, channel: str, place: str) -> dict[str, Any]:
        chance, spot = self._chance, happening.spot
        accuracy = {"app": 15.0, "field": 10.0, "web": 60.0}.get(channel, 90.0)
        where: dict[str, Any] = {}
        if channel in ("app", "field") or chance.random() < 0.5:
            lat, lon = moved(
                happening.lat, happening.lon, chance.gauss(0, accuracy / 1.5), chance.gauss(0, accuracy / 1.5)
            )
            where["point"] = {"lat": lat, "lon": lon, "accuracy_m": accuracy}
        if channel == "phone" and chance.random() < 0.6:
            where["place_id"] = spot.id
        if "point" not in where or chance.random() < 0.3:
            where["address"] = place
        if spot.asset_id and channel == "field":
            where["asset_id"] = spot.asset_id
        return where


def readings(plan: Plan, town: Town, seed: int) -> Iterator[tuple[float, Device, dict[str, Any]]]:
    """Yield (second, device, reading) in order of time; each device speaks in turn, alarms while its happening stands.

    A happening stands for a device until 30 s after the last second people may tell of it. One lift in ten chatters:
    on, off, on, off.
    """
    profile = plan.profile
    if not town.devices or profile.readings_per_s <= 0:
        return
    chance = random.Random(f"{profile.name}/{seed}/devices")
    lifts = [d.id for d in town.devices if d.sort == "lift"]
    chatter = set(lifts[:: max(1, len(lifts))])
    for number in range(int(profile.duration_s * profile.readings_per_s)):
        at = number / profile.readings_per_s
        turn, index = divmod(number, len(town.devices))
        device = town.devices[index]
        since = [at - h.start for h in plan.alarms.get(device.id, ()) if h.start <= at <= h.start + h.over + 30.0]
        reading: dict[str, Any] = {"source": device.id, "seq": number}
        match device.sort:
            case "gauge":
                level = 0.05 + min(0.8, 0.02 * max(since, default=0.0) + (0.25 if since else 0.0))
                reading["value"] = round(level + chance.gauss(0, 0.005), 3)
            case "gas":
                reading["value"] = round((45.0 if since else 2.0) + chance.gauss(0, 0.5), 2)
            case _:
                reading["on"] = bool(since) or (device.id in chatter and turn % 2 == 1)
        yield at, device, reading


def device_truth(plan: Plan) -> list[dict[str, Any]]:
    """Return one truth row for each device that notices something, and one for each happening."""
    rows: list[dict[str, Any]] = [
        {"device": device, "happening": happening.id}
        for device, seen in sorted(plan.alarms.items())
        for happening in seen
    ]
    rows += [
        {
            "happening": h.id,
            "kind": h.kind,
            "place": h.spot.id,
            "lat": h.lat,
            "lon": h.lon,
            "reports": h.size,
            "danger": h.danger,
            "is": "happening",
        }
        for h in plan.happenings
    ]
    return rows
