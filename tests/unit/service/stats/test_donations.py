"""Figures of the donations data, published in Fader, Hardie, Shang 2010 and of the model's page.

Marketing Science 29(6): table 3 (estimates), tables 5 and 6 (chance to be alive, expected reads),
as rounded in Hardie's technical note 010. The grid's figures are those of the measurement model,
section 10.
"""

import numpy as np
import pytest
from support.donations import donations

from regulars.stats import bgbb, mixture
from regulars.stats.cells import Cells
from regulars.stats.forecast import forecast

# rows t, columns x from 0 to 6: P(alive at 7) / expected reads in the next 5
ALIVE_AND_EXPECTED = {
    6: "- .930/1.148 .930/1.669 .930/2.190 .930/2.711 .930/3.232 .930/3.753",
    5: "- .828/1.022 .805/1.443 .767/1.805 .697/2.030 .522/1.813",
    4: "- .680/.839 .590/1.058 .440/1.035 .200/.583",
    3: "- .481/.594 .299/.536 .095/.224",
    2: "- .255/.314 .066/.119",
    1: "- .069/.086",
    0: ".108/.073",
}
EXPECTED_OF_NEW = [
    0.4985, 0.9233, 1.2969, 1.6323, 1.9381, 2.2202, 2.4826, 2.7285, 2.9603, 3.1798, 3.3887,
]  # fmt: skip


@pytest.fixture(scope="module")
def cells():
    return donations()


@pytest.fixture(scope="module")
def likeliest(cells):
    return bgbb.fit(cells, with_priors=False)


@pytest.fixture(scope="module")
def learned(cells):
    return mixture.learn(cells)


def shapes(model):
    return model.alpha, model.beta, model.gamma, model.delta


def test_maximum_likelihood_of_fader_hardie_shang_table_3(likeliest):
    assert shapes(likeliest) == pytest.approx((1.204, 0.750, 0.657, 2.783), abs=0.005)
    assert likeliest.log_likelihood == pytest.approx(-33_225.58, abs=0.05)
    assert likeliest.converged


def test_maximum_with_weak_priors(cells):
    model = bgbb.fit(cells)
    assert shapes(model) == pytest.approx((1.2026, 0.7495, 0.6571, 2.7871), abs=0.003)


def test_expected_reads_of_somebody_new(likeliest):
    new = Cells(*[np.zeros(1, int)] * 3)
    found = [float(bgbb.expected_reads(new, likeliest, of)[0]) for of in range(1, 12)]
    assert found == pytest.approx(EXPECTED_OF_NEW, abs=0.001)


def test_alive_and_expected_of_fader_hardie_shang_tables_5_and_6(cells, likeliest):
    alive = bgbb.p_alive(cells, likeliest)
    expected = bgbb.expected_reads(cells, likeliest, 5)
    found = {
        (int(t), int(x)): (alive[at], expected[at])
        for at, (t, x) in enumerate(zip(cells.t, cells.x, strict=True))
    }
    for t, row in ALIVE_AND_EXPECTED.items():
        for x, words in enumerate(row.split()):
            if words != "-":
                published = [float(word) for word in words.split("/")]
                assert found.pop((t, x)) == pytest.approx(published, abs=0.002), (t, x)
    assert not found


def test_expected_reads_in_sum_and_further_ahead(cells, likeliest):
    assert bgbb.expected_reads(cells, likeliest, 5) @ cells.weight == pytest.approx(12_884.2, abs=1)
    ten = bgbb.expected_reads(cells, likeliest, 10)
    pairs = list(zip(cells.x, cells.t, strict=True))
    assert ten[pairs.index((0, 0))] == pytest.approx(0.1302, abs=0.001)
    assert ten[pairs.index((4, 5))] == pytest.approx(3.628, abs=0.001)


def test_fit_within_the_sample(likeliest):
    """People who read none and all six, of 11,104; orders of the reads summed up."""
    for reads, published in ((0, 3_454.9), (6, 1_253.1)):
        found = np.exp(bgbb.log_likelihood(Cells([reads], [reads], [6]), likeliest))
        assert 11_104 * float(found[0]) == pytest.approx(published, abs=0.5)


def test_the_grid_before_it_learns(cells, likeliest):
    base = mixture.base_weights(likeliest)
    assert base.shape == (mixture.POINTS,) == (399,)
    assert mixture.log_likelihood(cells, base) == pytest.approx(-33_226.09, abs=0.05)


def test_the_grid_when_it_has_learned(cells, learned):
    assert not learned.fallback
    assert mixture.log_likelihood(cells, learned.weights) == pytest.approx(-33_206.2, abs=0.5)
    expected = forecast(cells, learned.weights, 3, 5).expected_reads
    assert expected @ cells.weight == pytest.approx(13_012, abs=15)
    people = np.bincount(cells.x, cells.weight)
    by_reads = np.bincount(cells.x, expected * cells.weight) / people
    published = [0.096, 0.392, 0.789, 1.402, 2.062, 2.716, 3.568]
    assert by_reads == pytest.approx(published, abs=0.004)
