# SPDX-License-Identifier: Apache-2.0
"""Chinese citizen messages with event clusters (format `zh-messages`): words alone, decided one after the other.

The largest cluster is reported apart: it holds most pairs, and one decision about it would hide all others.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

from loadtests.score import passes
from loadtests.score.answer import Score
from loadtests.score.files import clusters, messages, uncertain
from loadtests.score.pairs import agreement, b_cubed, pairs_of
from weirhouse.domain.policy import NORMAL, Policy

WORDS_BAR: Final = (0.78, 0.84)
ENCODER_BAR: Final = (0.83, 0.88)
PRECISION_BAR: Final = (0.0, 0.90)
MOVES: Final = (-1.5, -1.0, -0.5, 0.5, 1.0, 1.5)
"""Log-odds by which the bands are moved for the curve."""
EXPLAINED: Final = 60


def score(
    message_file: Path, cluster_file: Path, uncertain_file: Path, seed: int, explain: bool = False,
    policy: Policy = NORMAL,
) -> Score:  # fmt: skip
    """Return the score of the data in the three files."""
    cases, gold, left_out = messages(message_file), clusters(cluster_file), uncertain(uncertain_file)
    true = {case.key: gold.get(case.key, f"alone {case.key}") for case in cases}
    result = Score("zh-messages", seed)
    sizes = Counter(true.values())
    result.lines.append(
        f"{len(cases):,} messages, {sum(n > 1 for n in sizes.values())} clusters, "
        f"the largest of {max(sizes.values())}; {len(left_out)} uncertain pairs left out"
    )
    done = passes.run(cases, policy, keep=explain)
    keys = set(true)
    rest, largest = agreement(done.incident, true, left_out)
    result.figures.update(
        f1=rest.f1, precision=rest.precision, recall=rest.recall, largest_precision=largest.precision,
        largest_recall=largest.recall, b_cubed=b_cubed(done.incident, true), joined=done.share(keys),
    )  # fmt: skip
    result.lines += ["", "bands moved by   joined   precision   recall      F1   (pairs outside the largest cluster)"]
    rows = [(0.0, done.share(keys), rest)]
    for move in MOVES:
        moved = passes.run(cases, passes.shifted(policy, move))
        rows.append((move, moved.share(keys), agreement(moved.incident, true, left_out)[0]))
    for move, share, got in sorted(rows, key=lambda row: row[0]):
        result.figures[f"f1_moved_{move:+g}"] = got.f1
        result.lines.append(f"{move:>+14.1f}{share:>9.3f}{got.precision:>12.3f}{got.recall:>9.3f}{got.f1:>8.3f}")
    result.lines += [
        "",
        f"largest cluster: precision {largest.precision:.3f}, recall {largest.recall:.3f}",
        f"B-cubed F1 over all messages: {result.figures['b_cubed']:.3f}",
    ]
    result.bar("f1", *WORDS_BAR)
    result.bar("precision", *PRECISION_BAR)
    if explain:
        result.lines += ["", f"wrong pairs (the first {EXPLAINED}) with the terms by which the later one joined"]
        together = sorted(pairs_of(done.incident))
        wrong = [(a, b) for a, b in together if true[a] != true[b] and frozenset((a, b)) not in left_out]
        said = {case.key: case.report.words.partition("\n")[0][:40] for case in cases}
        at = {case.key: case.report.event_time for case in cases}
        for pair in wrong[:EXPLAINED]:
            first, later = sorted(pair, key=lambda key: (at[key], key))
            terms = ", ".join(f"{term.code} {term.value:+.1f}" for term in done.decided[later].terms)
            result.lines.append(f"  {first} {said[first]} / {later} {said[later]} ({terms})")
    return result
