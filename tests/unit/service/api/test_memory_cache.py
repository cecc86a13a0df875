"""Answers in memory: few enough, and none that drives out all others."""

from __future__ import annotations

import pytest

from regulars.api import memory_cache as module
from regulars.api.memory_cache import ResponseCache
from regulars.api.responses import CachedResponse, prepare
from regulars.reports.engine.query import Key

ALWAYS = (0, 1_000)


def key(name: str) -> Key:
    return Key("letters", (1, "digest"), name)


def answer(size: int) -> CachedResponse:
    return prepare(b"x" * size, "text/plain", {})


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> ResponseCache:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    return ResponseCache()


def held(answers: ResponseCache) -> set[str]:
    return {name for name in "abcd" if answers.find(key(name), 1)}


def test_the_one_used_longest_ago_goes_first(answers: ResponseCache) -> None:
    for name in "abc":
        answers.keep(key(name), answer(30), ALWAYS)
    answers.find(key("a"), 1)
    answers.keep(key("d"), answer(30), ALWAYS)
    assert held(answers) == {"a", "c", "d"}


def test_one_that_is_too_large_drives_nobody_out(answers: ResponseCache) -> None:
    answers.keep(key("a"), answer(60), ALWAYS)
    answers.keep(key("b"), answer(30), ALWAYS)
    answers.keep(key("b"), answer(101), ALWAYS)
    assert held(answers) == {"a"}
    answers.keep(key("c"), answer(40), ALWAYS)
    assert held(answers) == {"a", "c"}


def test_no_turn_is_remembered_once_nobody_wants_it(answers: ResponseCache) -> None:
    with answers.turn(key("a")), answers.turn(key("a")), answers.turn(key("b")):
        assert len(answers._turns) == 2
    with pytest.raises(KeyError), answers.turn(key("a")):
        raise KeyError
    assert answers._turns == {}
