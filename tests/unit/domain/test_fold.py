# SPDX-License-Identifier: Apache-2.0
"""Does folding raise once, hold through flapping, heal itself, and survive redelivery?"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from weirhouse.domain.city import Source
from weirhouse.domain.fold import FoldState, Registry, expired, fold_chunk, step
from weirhouse.domain.reading import Reading, Signal, SignalState, SourceRules
from weirhouse.domain.report import Lane

RULES = SourceRules(high=50.0, dead_band=2.0, off_delay_s=30.0, refresh_s=300.0, expire_s=3600.0, type="water_level")
SOURCE = Source(id="s1", name="gauge", sort="sensor", zone="z1", lat=1.0, lon=2.0, rules=RULES)
REGISTRY = Registry([SOURCE])
RAISED, CHANGED, CLEARED = SignalState.RAISED, SignalState.CHANGED, SignalState.CLEARED


def read(
    at: float, value: float | None = None, on: bool | None = None, episode: str = "", source: str = "s1"
) -> Reading:
    return Reading(source=source, at=at, value=value, on=on, episode=episode)


def run(readings: Sequence[Reading], registry: Registry = REGISTRY) -> list[Signal]:
    states: dict[str, FoldState] = {}
    return fold_chunk(states, readings, range(len(readings)), registry, "readings.bulk", 3)[0]


def kinds(signals: Sequence[Signal]) -> list[SignalState]:
    return [signal.state for signal in signals]


def test_a_breach_raises_once_and_clears_after_its_delay() -> None:
    values = [10, 55, 56, 57, 20, 20, 20, 20]
    signals = run([read(10.0 * i, v) for i, v in enumerate(values)])
    assert kinds(signals) == [CLEARED, RAISED, CLEARED]
    raised, cleared = signals[1:]
    assert raised.episode == cleared.episode
    assert raised.since == 10.0
    assert (raised.zone, raised.type, raised.lane) == ("z1", "water_level", Lane.ORDINARY)
    assert (cleared.source_topic, cleared.source_partition, cleared.source_offset) == ("readings.bulk", 3, 7)
    assert cleared.peak == 57


def test_the_dead_band_keeps_a_wavering_value_standing() -> None:
    signals = run([read(40.0 * i, v) for i, v in enumerate([10, 51, 49, 51, 49, 49, 47, 47])])
    assert kinds(signals) == [CLEARED, RAISED, CLEARED]


def test_an_on_delay_ignores_a_short_breach() -> None:
    slow = Registry([Source(id="s1", name="", sort="sensor", rules=SourceRules(high=50.0, on_delay_s=60.0))])
    assert kinds(run([read(0, 10), read(10, 60), read(20, 10)], slow)) == [CLEARED]
    assert kinds(run([read(0, 10), read(10, 60), read(70, 60)], slow)) == [CLEARED, RAISED]


def test_a_chattering_source_raises_once_and_clears_when_calm() -> None:
    flapping = [read(float(5 * i), 60.0 if i % 2 else 10.0) for i in range(60)]
    calm = [read(300.0 + 10 * i, 10.0) for i in range(20)]
    signals = run(flapping + calm)
    assert all(signal.since == 5.0 for signal in signals[1:])
    assert kinds([signal for signal in signals if not signal.refresh]) == [CLEARED, RAISED, CLEARED]


def test_a_standing_signal_is_refreshed_and_a_worse_one_told() -> None:
    signals = run([read(0, 51), read(100, 51), read(310, 51), read(320, 80), read(330, 81)])
    assert kinds(signals) == [RAISED, RAISED, CHANGED]
    assert signals[1].refresh
    assert signals[2].peak == 80


def test_the_first_reading_after_lost_state_tells_what_is() -> None:
    assert kinds(run([read(0, 10)])) == [CLEARED]
    assert kinds(run([read(0, 60)])) == [RAISED]


def test_camera_envelopes_are_episodes_of_their_own() -> None:
    signals = run(
        [
            read(0, on=True, episode="e1"),
            read(1, on=True, episode="e2"),
            read(2, on=True, episode="e1"),
            read(3, on=False, episode="e1"),
            read(4, on=False, episode="e2"),
        ]
    )
    assert [(s.state, s.episode) for s in signals] == [
        (RAISED, "e1"),
        (RAISED, "e2"),
        (CLEARED, "e1"),
        (CLEARED, "e2"),
    ]


def test_an_unregistered_source_cannot_claim_life_and_an_entitled_one_can() -> None:
    life = SourceRules(high=50.0, life=True)
    assert run([read(0, on=True, source="stranger")])[0].lane is Lane.ORDINARY
    for entitled, lane in ((True, Lane.LIFE), (False, Lane.ORDINARY)):
        registry = Registry([Source(id="s1", name="", sort="sensor", may_claim_life=entitled, rules=life)])
        assert run([read(0, 60)], registry)[0].lane is lane


def test_a_clock_far_back_starts_anew_and_a_late_reading_decides_nothing() -> None:
    assert kinds(run([read(10_000, 10), read(9_990, 60)])) == [CLEARED]
    assert kinds(run([read(10_000_000, 10), read(5_000, 60)])) == [CLEARED, RAISED]


def test_silent_states_expire_by_event_time() -> None:
    states: dict[str, FoldState] = {}
    fold_chunk(states, [read(0, 10), read(5000, 10, source="s2")], [0, 1], REGISTRY)
    assert expired(states, REGISTRY, 5000.0) == ["s1"]


READINGS = st.lists(
    st.builds(
        read,
        st.floats(0, 3000),
        st.one_of(st.none(), st.floats(0, 100)),
        st.one_of(st.none(), st.booleans()),
        st.sampled_from(["", "", "e1"]),
        st.sampled_from(["s1", "s2"]),
    ),
    max_size=60,
)


@settings(max_examples=200)
@given(READINGS, st.booleans())
def test_a_chunk_folds_like_single_steps(readings: list[Reading], in_order: bool) -> None:
    if in_order:
        readings = sorted(readings, key=lambda reading: reading.at)
    fast: dict[str, FoldState] = {}
    signals, changed = fold_chunk(fast, readings, range(len(readings)), REGISTRY)
    slow: dict[str, FoldState] = {}
    expected: list[Signal] = []
    for offset, reading in enumerate(readings):
        key = f"{reading.source}|{reading.episode}" if reading.episode else reading.source
        slow[key], signal = step(slow.get(key), reading, REGISTRY.plan(reading.source), offset)
        if signal is not None:
            expected.append(signal)
    assert signals == expected
    assert fast == slow
    assert changed == set(slow)


@settings(max_examples=200)
@given(READINGS, st.integers(0, 60))
def test_redelivery_changes_nothing(readings: list[Reading], back: int) -> None:
    states: dict[str, FoldState] = {}
    fold_chunk(states, readings, range(len(readings)), REGISTRY)
    before = deepcopy(states)
    start = max(0, len(readings) - back)
    signals, _ = fold_chunk(states, readings[start:], range(start, len(readings)), REGISTRY)
    assert signals == []
    assert states == before
