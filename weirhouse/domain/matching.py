# SPDX-License-Identifier: Apache-2.0
"""Who goes to whom when several are wanted at once: optimal assignment, and nearest-first beside it.

The optimal one is SciPy's shortest-augmenting-path solver (D. F. Crouse, "On implementing 2D rectangular
assignment algorithms", 2016); why it is kept: docs/decisions/0011-matching.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]
Pairs = list[tuple[int, int]]
"""(row, column), rows rising."""


def optimal(gain: Costs) -> Pairs:
    """Return the pairs that make the sum of `gain` greatest; a pair that gains nothing is left out.

    Parameters
    ----------
    gain
        (rows, columns), finite; 0 where a pair is impossible. Each row and each column is used at most once.

    Raises
    ------
    ValueError
        A gain is not a number or infinite.
    """
    if gain.size == 0:
        return []
    if not np.isfinite(gain).all():
        raise ValueError("gains must be finite")
    # Here, not above: SciPy takes a second to load, and only who matches shall wait for it.
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(row, col) for row, col in zip(rows.tolist(), columns.tolist(), strict=True) if gain[row, col] > 0.0]


def cheapest(costs: Costs) -> Pairs:
    """Return the pairs whose sum of `costs` is least, as many as the shorter side has.

    Raises
    ------
    ValueError
        A cost is not a number or infinite.
    """
    if costs.size == 0:
        return []
    return optimal(costs.max() + 1.0 - costs)


def nearest_first(costs: Costs) -> Pairs:
    """Return the pairs that arise when rows come one after the other and each takes the cheapest column left.

    A column whose cost is infinite is impossible for the row; a row that finds none left goes without.
    """
    left = np.array(costs, dtype=np.float64)
    found: Pairs = []
    for row in range(left.shape[0]):
        if left.shape[1] == 0:
            break
        column = int(left[row].argmin())
        if np.isinf(left[row, column]):
            continue
        found.append((row, column))
        left[:, column] = np.inf
    return found


def warm() -> None:
    """Load the solver, so that the first who asks does not wait for it."""
    optimal(np.ones((1, 1)))
