# SPDX-License-Identifier: Apache-2.0
"""Logistic regression with an offset, weights and a ridge, by Newton's method. numpy only."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEPS: Final = 60
LONGEST: Final = 5.0
"""Log-odds that one step changes a coefficient by at most: where all is sure the slope says nothing."""
CHUNK: Final = 20_000
"""Rows whose outer products are held at once."""


def fit(x: Array, y: Array, offset: Array, weight: Array, ridge: Array) -> Array:
    """Return the coefficients that maximise the weighted log-likelihood less ``ridge · b² / 2``.

    Parameters
    ----------
    x
        One row a sample, one column a coefficient.
    y
        0 or 1.
    offset
        Log-odds that are already known.
    weight
        How many samples a row stands for.
    ridge
        One positive number a coefficient: large ones hold it near 0.
    """
    b = np.zeros(x.shape[1])
    loss, gradient, hessian = _slope(x, y, offset, weight, ridge, b)
    for _ in range(STEPS):
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, LONGEST / max(1e-12, float(np.abs(step).max())))
        size = 1.0
        # Far from the optimum a whole step can overshoot: it is halved until it helps.
        while size > 1e-6:
            tried = _slope(x, y, offset, weight, ridge, b + size * step)
            if tried[0] <= loss:
                break
            size *= 0.5
        gained = loss - tried[0]
        b, (loss, gradient, hessian) = b + size * step, tried
        if gained < 1e-6 * max(1.0, abs(loss)):
            break
    return b


def _slope(x: Array, y: Array, offset: Array, weight: Array, ridge: Array, b: Array) -> tuple[float, Array, Array]:
    gradient, hessian, loss = -ridge * b, np.diag(ridge).astype(np.float64), 0.5 * float(ridge @ (b * b))
    for start in range(0, len(y), CHUNK):
        rows = slice(start, start + CHUNK)
        part, share = x[rows], weight[rows]
        z = offset[rows] + part @ b
        p = 1.0 / (1.0 + np.exp(-np.clip(z, -40.0, 40.0)))
        gradient += part.T @ (share * (y[rows] - p))
        hessian += (part * (share * p * (1.0 - p))[:, None]).T @ part
        loss += float(share @ (np.logaddexp(0.0, z) - y[rows] * z))
    return loss, gradient, hessian
