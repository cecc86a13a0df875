"""Mails made to take long, at one, two, four and eight times their size."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import pytest
from support.mail_attacks import ATTACKS

from regulars_connectors.mail.classify import CLASSES
from regulars_connectors.mail.limits import CPU_SECONDS, MOST_PARSED
from regulars_connectors.mail.reading import Request, Setup, read

SETUP = Setup(key=b"k")
FUZZED = Path(__file__).parents[3] / "samples" / "mail" / "fuzz.zip"
STEPS = (1, 2, 4, 8)
# Double the size at most doubles the time, and a fifth. The clock's grain and neighbours add.
GROWTH = 2.4
GRAIN = 0.01


def seconds(raw: bytes) -> float:
    """CPU of this thread for one reading, the least of three."""
    least = CPU_SECONDS
    for _ in range(3):
        began = time.thread_time()
        read(Request(raw[: MOST_PARSED + 1]), SETUP)
        least = min(least, time.thread_time() - began)
    return least


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.long
def test_time_grows_with_the_size(name: str) -> None:
    step, make = ATTACKS[name]
    times = [seconds(make(step * times)) for times in STEPS]
    for shorter, longer in pairwise(times):
        assert longer <= GROWTH * shorter + GRAIN, times
    assert times[-1] < CPU_SECONDS / 2, times


@pytest.mark.parametrize("name", ATTACKS)
def test_the_first_step_ends_in_a_class(name: str) -> None:
    step, make = ATTACKS[name]
    assert read(Request(make(step // 10)), SETUP).kind


def test_what_a_fuzzer_found_interesting_ends_in_a_class() -> None:
    """The first byte chooses the form, as in ``support/fuzz_mail``."""
    forms = ("message", "text", "html", "message")
    with ZipFile(FUZZED) as kept:
        assert len(kept.namelist()) > 100
        for name in kept.namelist():
            data = kept.read(name)
            form = forms[data[0] % len(forms)] if data else "message"
            assert read(Request(data[1:], form), SETUP).kind in CLASSES
