"""Forecasts: figures of the measurement model, and futures written out post by post."""

import numpy as np
import pytest
from support.model_by_hand import futures, grid_likelihood, sustained

from regulars.stats import forecast as forecasts
from regulars.stats import mixture
from regulars.stats.cells import Cells
from regulars.stats.forecast import forecast
from regulars.stats.mixture import THETA, P


@pytest.mark.parametrize(
    ("p", "theta", "of", "reads", "published"),
    [
        (0.5, 0.05, 8, 4, 0.462305),
        (0.9, 0.01, 8, 4, 0.955945),
        (0.2, 0.0005, 8, 4, 0.056086),
        (0.5, 0.05, 4, 2, 0.592689),
    ],
)
def test_g_of_the_measurement_model_section_10(p, theta, of, reads, published):
    found = float(forecasts.sustained(np.array(p), np.array(theta), reads, of))
    assert found == pytest.approx(published, abs=1e-6)
    assert found == pytest.approx(sustained(p, theta, reads, of), rel=1e-12)


@pytest.mark.parametrize(("reads", "of"), [(1, 1), (1, 5), (5, 5), (2, 9), (26, 52)])
def test_g_post_by_post_over_the_grid(reads, of):
    found = forecasts.sustained(P[:, None], THETA[None, :], reads, of)
    for i in (0, 7, 20):
        for j in (0, 10, 18):
            wanted = sustained(P[i], THETA[j], reads, of)
            assert found[i, j] == pytest.approx(wanted, rel=1e-9, abs=1e-15)


def at_points(points):
    weights = np.zeros((len(P), len(THETA)))
    for i, j, weight in points:
        weights[i, j] = weight
    return weights.reshape(-1)


@pytest.mark.parametrize("b", [0, 3])
def test_two_kinds_of_readers_written_out(b):
    """Bayes by hand for one history, then each future post by post (section 2.4)."""
    points = [(12, 3, 0.7), (6, 9, 0.3)]
    row, n, reads, of = (1, 0, 1, 0, 0), 5, 2, 4
    found = forecast(Cells([2], [3], [n], [b]), at_points(points), reads, of)
    whole = here = first = second = enough = slope = 0.0
    for i, j, weight in points:
        p, theta = P[i], THETA[j]
        alive, gone = grid_likelihood(row, p, theta)
        whole += weight * (alive + gone)
        slope += weight * alive * p * (1 - p)
        there = weight * alive * (1 - theta) ** b
        here += there * (1 - theta)
        for many, chance in futures(p, theta, of).items():
            first += there * chance * many
            second += there * chance * many**2
            enough += there * chance * (many >= reads)
    mean = first / whole
    assert found.p_here[0] == pytest.approx(here / whole)
    assert found.expected_reads[0] == pytest.approx(mean)
    assert found.variance_reads[0] == pytest.approx(second / whole - mean**2)
    assert found.p_sustained[0] == pytest.approx(enough / whole)
    assert found.slope[0] == pytest.approx(slope / whole)


def test_a_shift_moves_the_posts_to_come_and_not_the_past():
    cells, weights = Cells([4], [8], [8]), at_points([(9, 1, 0.5), (13, 1, 0.5)])
    up = forecast(cells, weights, 4, 8, shift=0.5)
    total = enough = 0.0
    for i in (9, 13):
        alive, gone = grid_likelihood((1, 1, 1, 0, 0, 0, 0, 1), P[i], THETA[1])
        moved = 1 / (1 + np.exp(-(np.log(P[i] / (1 - P[i])) + 0.5)))
        total += alive + gone
        enough += alive * sustained(moved, THETA[1], 4, 8)
    assert up.p_sustained[0] == pytest.approx(enough / total)
    plain = forecast(cells, weights, 4, 8)
    assert up.p_here == pytest.approx(plain.p_here)
    assert (
        up.p_sustained > plain.p_sustained > forecast(cells, weights, 4, 8, shift=-0.5).p_sustained
    )


def test_whoever_has_left_reads_nothing_any_more():
    cells = Cells([5, 5], [5, 5], [5, 5], has_left=[True, False])
    found = forecast(cells, np.full(mixture.POINTS, 1 / mixture.POINTS), 4, 8)
    for numbers in (found.p_here, found.expected_reads, found.variance_reads, found.p_sustained):
        assert numbers[0] == 0 < numbers[1]
    assert found.slope[0] == 0


def test_nobody_has_an_empty_forecast():
    found = forecast(Cells([], [], []), np.full(mixture.POINTS, 1 / mixture.POINTS), 4, 8)
    assert found.p_sustained.tolist() == []
