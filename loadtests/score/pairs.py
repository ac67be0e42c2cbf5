# SPDX-License-Identifier: Apache-2.0
"""How well groups agree: pairs found, precision, recall, F1, B-cubed (Bagga and Baldwin, 1998)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

Pair = tuple[str, str]


class Groups:
    """Things tied together, the ties followed (union-find)."""

    def __init__(self) -> None:
        self._up: dict[str, str] = {}

    def root(self, one: str) -> str:
        """Return the group's name."""
        while (up := self._up.get(one, one)) != one:
            self._up[one] = self._up.get(up, up)
            one = up
        return one

    def tie(self, one: str, two: str) -> None:
        """Put the groups of both together."""
        self._up[self.root(one)] = self.root(two)


def found(pairs: Iterable[Pair], group: Mapping[str, str]) -> float:
    """Return the share of `pairs` whose two ends lie in one group."""
    hits = [group.get(a, a) == group.get(b, b) for a, b in pairs]
    return sum(hits) / len(hits) if hits else 0.0


@dataclass(frozen=True)
class Agreement:
    """Pairs decided against pairs true."""

    right: int
    decided: int
    true: int

    @property
    def precision(self) -> float:
        """Share of the decided pairs that are true; 1 when none was decided."""
        return self.right / self.decided if self.decided else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were decided; 1 when none is true."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2.0 * self.precision * self.recall / total if total else 0.0


def pairs_of(group: Mapping[str, Hashable]) -> set[Pair]:
    """Return every unordered pair within a group, its ends in order."""
    members: dict[Hashable, list[str]] = defaultdict(list)
    for name in sorted(group):
        members[group[name]].append(name)
    return {pair for names in members.values() for pair in combinations(names, 2)}


def agreement(
    decided: Mapping[str, str], true: Mapping[str, str], left_out: set[frozenset[str]]
) -> tuple[Agreement, Agreement]:
    """Return the agreement outside the largest true group, and within it (pairs with both ends there)."""
    sizes = Counter(true.values())
    largest = min(sizes, key=lambda name: (-sizes[name], name))
    inside = {name for name, group in true.items() if group == largest}

    def split(group: Mapping[str, str]) -> tuple[set[Pair], set[Pair]]:
        pairs = {pair for pair in pairs_of(group) if frozenset(pair) not in left_out}
        within = {pair for pair in pairs if pair[0] in inside and pair[1] in inside}
        return pairs - within, within

    (ours, ours_large), (theirs, theirs_large) = split(decided), split(true)
    return (
        Agreement(len(ours & theirs), len(ours), len(theirs)),
        Agreement(len(ours_large & theirs_large), len(ours_large), len(theirs_large)),
    )


def b_cubed(decided: Mapping[str, str], true: Mapping[str, str]) -> float:
    """Return the B-cubed F1: precision and recall averaged over things, not over pairs."""
    ours: dict[str, set[str]] = defaultdict(set)
    theirs: dict[str, set[str]] = defaultdict(set)
    for name in true:
        ours[decided[name]].add(name)
        theirs[true[name]].add(name)
    precision = recall = 0.0
    for name in true:
        one, two = ours[decided[name]], theirs[true[name]]
        both = len(one & two)
        precision += both / len(one) / len(true)
        recall += both / len(two) / len(true)
    return 2.0 * precision * recall / (precision + recall) if true else 0.0
