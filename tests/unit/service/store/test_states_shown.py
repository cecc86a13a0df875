"""Whatever a look left open is said wherever its figures stand, until a healthy look takes it away.

One table: each state, how the provider brings it about, and what every surface says of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from support.command import run as run_command
from support.worlds import EARLIEST_WORLD

from regulars.cli.sync import show_runs
from regulars.pages.home import render_home
from regulars.pages.queries import ask_home
from regulars.reports.engine.ask import ask_report
from regulars.settings import PublicationSettings
from regulars.sync.record import view_of
from regulars_connectors.contract import Page, Quarantined, Walk
from regulars_connectors.instants import DAY, to_datetime
from regulars_connectors.records import Counters, Post, Signal

HOUR = DAY // 24
Sync = Callable[..., Any]
PEOPLE = 25


def post(number: int, sent_at: int | None, **more: Any) -> Post:
    values: dict[str, Any] = {"status": "sent", "delivered": PEOPLE, "unique_opens": 6}
    return Post(
        id=f"p{number}", title=f"Post {number}", form="both", sent_at=sent_at, **(values | more)
    )


# How a state comes about


def turn(provider: Any, count: int = PEOPLE, **fields: Any) -> None:
    """The first ``count`` people have these fields from now on."""
    provider.people = [
        msgspec.structs.replace(one, **fields) if place < count else one
        for place, one in enumerate(provider.people)
    ]


def lose(provider: Any) -> None:
    provider.confirmed = True
    provider.people = provider.people[:20]


def deny(provider: Any) -> None:
    provider.posts[0] = msgspec.structs.replace(provider.posts[0], status="draft", sent_at=None)


def mail_without_a_day(provider: Any) -> None:
    provider.posts.append(post(9, None, status="draft"))


def miscount(provider: Any) -> None:
    provider.total = PEOPLE + 2


def set_aside(provider: Any) -> None:
    provider.unreadable = ["s003"]


@dataclass(frozen=True)
class State:
    """A state, and what it makes every surface say, in a part of the text.

    coverage: its code. attention: whether it heads the list of several publications.
    """

    breaks: Callable[[Any], None]
    run: str
    coverage: str
    count: int | None
    report: str
    page: str
    status: str
    house: str | None = None
    attention: bool = True
    syncs: tuple[dict[str, bool], ...] = ({},)


STATES = {
    "held removals": State(
        lose,
        "5 people disappeared at the provider, more than a tenth.",
        "held_removals", 5, "people missing at the provider, kept until you accept it",
        "5 people are missing there and stay until you accept the removal.",
        "5 removals wait for --accept-removals",
        "5 people are missing at the provider. They stay subscribed here until you accept it.",
    ),
    "held changes": State(
        lambda provider: turn(provider, 5, status="left"),
        "5 people left or stopped being reached in one look, more than a tenth.",
        "held_changes", 5, "people who left in one look, kept until you accept it",
        "5 people left there in one look and stay until you accept it.",
        "5 people who left wait for --accept-removals",
        "5 people left in one look. They stay subscribed here until you accept it.",
    ),
    "unknown standings": State(
        lambda provider: turn(provider, 2, status="unknown", provider_status="resting"),
        "2 people have a status that Regulars does not know: resting (2).",
        "unknown_standings", 2, "people whose status is unknown",
        "2 people have a status that is unknown: they may have left.",
        "subscriptions: 2 people have an unknown status",
        "2 people may have left: their status at the provider is unknown.",
    ),
    "without totals": State(
        lambda provider: turn(provider, 1, counters=None),
        "1 active person came without the lifetime totals that are known of them.",
        "without_totals", 1, "active people whose totals are missing from the newest look",
        "The totals of 1 active person are missing from its newest look",
        "subscriptions: 1 active person came without known totals",
        attention=False,
    ),
    "an accepted count": State(
        miscount,
        "people: the provider counts 2 more than it shows. You accepted that.",
        "accepted_count", 2, "as you accepted",
        "It counts 2 more than it shows, as you accepted.",
        "subscriptions: the provider counts 2 more than it shows, as you accepted",
        attention=False,
        syncs=({}, {}, {}, {"accept_count": True}),
    ),
    "rows set aside": State(
        set_aside,
        "people: 1 row could not be read. The first: `email` is null.",
        "quarantined", 1, "unreadable rows (the others were kept)",
        "1 row could not be read.",
        "subscriptions: 1 row could not be read",
        attention=True,  # of 25 people, one is more than a hundredth: the run is partial
    ),
    "a post taken back": State(
        deny,
        "1 post that was sent came without a date, as a draft or as a web page.",
        "taken_back", 1, "posts that were sent, and that the provider now shows without a date",
        "It now shows 1 issue that was sent as unsent. What was sent stays sent.",
        "posts: 1 sent post now shown as unsent, and kept as sent",
        attention=False,
    ),
    "a post without a day": State(
        mail_without_a_day,
        "1 post was mailed on a day that the provider leaves out. Until it says the day,",
        "undated", 1, "posts that were mailed on a day that nobody knows",
        "It leaves out the day of 1 mailed issue, which counts for nobody until it says it.",
        "posts: 1 mailed post without a known day",
        "mailed on a day that nobody knows",
    ),
    "totals that fell": State(
        lambda provider: turn(provider, counters=Counters(1, 1, 0)),
        "Lifetime totals of 25 people fell, more than a tenth, so all totals were ignored",
        "not_measured", None, "totals of more than a tenth of the people fell at once",
        "Totals of more than a tenth of the people fell at once, so the newest totals are ignored.",
        "subscriptions: totals of more than a tenth of the people fell at once",
        "totals of more than a tenth of the people fell, so they were ignored.",
    ),
    "totals of zero": State(
        lambda provider: turn(provider, counters=Counters(0, 0, 0)),
        "All lifetime totals are zero or missing, so they were ignored in this sync.",
        "not_measured", None, "every total of everybody is zero, which means: not measured",
        "It gave zero for every total, so its totals are not measured.",
        "subscriptions: every total of everybody is zero, which means: not measured",
        "A source gave zero for every total, so its totals are not measured.",
    ),
}  # fmt: skip


# What the surfaces say


@dataclass
class Surfaces:
    """Each place where the owner reads of a newsletter, as its text or its JSON."""

    run: str
    run_json: Any
    coverage: str
    coverage_json: Any
    house: str
    page: str
    status: str
    status_json: Any
    short: str

    def texts(self) -> dict[str, str]:
        return {
            name: getattr(self, name) for name in ("coverage", "house", "page", "status", "short")
        }


@pytest.fixture
def weekly(provider: Any, person_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Twenty-five people with totals, three posts by mail, and rows that can be set aside."""
    pages = type(provider).pages

    def with_unreadable(self: Any, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        for page in pages(self, walk, cursor):
            ids = self.unreadable if walk.stream.name == "subscriptions" else []
            aside = [Quarantined(reason="`email` is null", id=one) for one in ids]
            yield replace(page, quarantined=aside) if page.cursor is None else page

    provider.unreadable = []
    monkeypatch.setattr(type(provider), "pages", with_unreadable)
    provider.posts = [post(n, provider.now - (15 - 7 * n) * DAY) for n in range(3)]
    provider.people = [person_of(number, 10, 5) for number in range(PEOPLE)]
    monkeypatch.setattr("regulars.clock.system_clock", lambda: provider.now + HOUR)
    monkeypatch.setattr("regulars.clock.RELEASED", EARLIEST_WORLD)
    return provider


@pytest.fixture
def look(
    weekly: Any,
    sync: Sync,
    opened: Callable[[], Any],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Surfaces]:
    """A sync, and what is said everywhere after it."""
    settings = folder.parent / "regulars.toml"
    text = f'[store]\nfolder = "{folder}"\nfree_space_floor_mib = 0\n'
    settings.write_text(text + '[[publications]]\nname = "pub"\n')
    several = folder.parent / "several.toml"
    more = "".join(f'[[publications]]\nname = "other{n}"\n' for n in range(4))
    several.write_text(settings.read_text() + more)
    owner = PublicationSettings(name="pub")

    def command(*words: str, config: Path = settings) -> Any:
        said = run_command(config, *words)
        assert said.code == 0, said.err
        return said

    def run(*options: dict[str, bool]) -> Surfaces:
        for chosen in options or ({},):
            view = view_of(sync(**chosen))
            weekly.now += DAY
        capsys.readouterr()
        show_runs(SimpleNamespace(as_json=False), [view], end=False)  # type: ignore[arg-type]
        shown = capsys.readouterr().out
        now = to_datetime(weekly.now + HOUR)

        def ask(query: Any) -> Any:
            given = {"state": ",".join(query.parameters.state)} if query.parameters else {}
            return ask_report(
                store, owner, query.report.name, as_of=None, parameters=given, now=now
            )

        with opened() as store:
            page = render_home(owner, *ask_home(owner, ask))
        return Surfaces(
            run=shown,
            run_json=msgspec.to_builtins(view),
            coverage=command("report", "coverage").out,
            coverage_json=command("report", "coverage", "--json").json,
            house=command("report", "house").out,
            page=unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))),
            status=command("status").out,
            status_json=command("status", "--json").json,
            short=command("status", config=several).out,
        )

    return run


def limits(surfaces: Surfaces) -> dict[str, int | None]:
    """What coverage says in JSON, by code."""
    result = surfaces.coverage_json["result"]
    found = {one["code"]: one["count"] for one in result["posts"]}
    return found | {one["code"]: one["count"] for one in result["limits"]}


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_said_everywhere_until_a_healthy_look(
    weekly: Any, look: Callable[..., Surfaces], name: str
) -> None:
    state = STATES[name]
    sound = look()
    healthy = (list(weekly.people), list(weekly.posts))
    state.breaks(weekly)
    odd = look(*state.syncs)
    assert state.run in odd.run
    assert any(state.run in notice for notice in odd.run_json["notices"])
    assert limits(odd)[state.coverage] == state.count
    assert state.report in odd.coverage
    assert state.page in odd.page
    assert state.status in odd.status
    assert (state.house is None) or (state.house in odd.house and state.house in odd.page)
    assert ("needs attention" in odd.short.replace("0 need attention", "")) is state.attention
    told = [one for one in odd.status_json["publications"] if one["name"] == "pub"]
    assert told[0]["sources"] == odd.coverage_json["sources"]
    # the next healthy look, without --full
    weekly.people, weekly.posts = list(healthy[0]), list(healthy[1])
    weekly.unreadable, weekly.total = [], None
    if state.coverage == "undated":
        weekly.posts.append(post(9, weekly.now - 2 * DAY))
    mended = look()
    assert mended.run_json["state"] == "complete"
    assert mended.run_json["notices"] == []
    assert state.coverage not in limits(sound) | limits(mended)
    for place, text in mended.texts().items():
        for said in (state.report, state.page, state.status, state.house):
            assert said is None or said not in text, place
    assert "needs attention" not in mended.short.replace("0 need attention", "")


def test_a_state_that_lasts_is_said_after_a_sync_that_is_silent(
    weekly: Any, look: Callable[..., Surfaces]
) -> None:
    look()
    deny(weekly)
    look()
    silent = look()
    assert silent.run_json["notices"] == []
    assert STATES["a post taken back"].page in silent.page
    assert STATES["a post taken back"].status in silent.status
    assert limits(silent)["taken_back"] == 1


# What belongs to posts alone stands with the figures, and not with the sources


def test_posts_of_which_nothing_is_said(weekly: Any, look: Callable[..., Surfaces]) -> None:
    """Without totals, opens alone say that a post is measured. A later pull brings them."""
    turn(weekly, counters=None)
    weekly.posts = [msgspec.structs.replace(one, opens_tracked=True) for one in weekly.posts]
    weekly.now += 2 * DAY
    odd = look()
    words = "not said whether their opens were recorded, so silence says nothing"
    assert limits(odd)["not_said"] == 3
    assert "posts of which nothing says whether opens were recorded: 3" in odd.coverage
    assert words in odd.page
    assert words in odd.house
    weekly.signals = [
        Signal(
            id=f"o{n}", kind="open", post_id=f"p{n}", subscription_id=f"s{n:03d}",
            happened_at=weekly.posts[n].sent_at + HOUR, machine=False,
        )
        for n in range(3)
    ]  # fmt: skip
    mended = look()
    assert "not_said" not in limits(mended)
    assert words not in mended.page + mended.house
