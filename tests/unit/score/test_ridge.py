# SPDX-License-Identifier: Apache-2.0
"""Does the regression find what was put in, and does the ridge hold it?"""

from __future__ import annotations

import numpy as np

from loadtests.learn.ridge import fit


def test_it_finds_the_coefficients_that_made_the_data() -> None:
    chance = np.random.default_rng(5)
    x = chance.normal(size=(20_000, 3))
    offset = chance.normal(size=20_000)
    true = np.array([1.0, -2.0, 0.5])
    y = (chance.random(20_000) < 1.0 / (1.0 + np.exp(-(offset + x @ true)))).astype(np.float64)
    got = fit(x, y, offset, np.ones(20_000), np.full(3, 1e-3))
    assert np.allclose(got, true, atol=0.1)


def test_a_strong_ridge_keeps_coefficients_small() -> None:
    x, y = np.ones((50, 1)), np.ones(50)
    loose = fit(x, y, np.zeros(50), np.ones(50), np.array([0.1]))
    tight = fit(x, y, np.zeros(50), np.ones(50), np.array([100.0]))
    assert 0.0 < tight[0] < 0.3 < loose[0]


def test_it_survives_offsets_far_from_the_data() -> None:
    x, y = np.ones((100, 1)), np.array([1.0] * 50 + [0.0] * 50)
    got = fit(x, y, np.full(100, 30.0), np.ones(100), np.array([1e-6]))
    assert abs(got[0] + 30.0) < 0.5
