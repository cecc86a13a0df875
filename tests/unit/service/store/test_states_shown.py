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
from regulars.settings import PublicationSettings
from regulars.sync.record import RunRequest, view_of
from regulars.sync.run import SyncRun
from regulars_connectors.contract import Page, Quarantined, Runtime, Walk
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


def rest(provider: Any) -> None:
    """The last two have a status that nobody knows."""
    for place in (-2, -1):
        provider.people[place] = msgspec.structs.replace(
            provider.people[place], status="unknown", provider_status="resting"
        )


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


def lag_behind(provider: Any) -> None:
    provider.computed_at = provider.now - 30 * HOUR


@dataclass(frozen=True)
class State:
    """A state, and what it makes every surface say, in a part of the text.

    coverage: its code. attention: whether it heads the list of several publications. alone: whether
    it comes without others. syncs: how often it takes, and with which options.
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
    alone: bool = True
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
        rest,
        "2 people have a status that Regulars does not know: resting (2).",
        "unknown_standings", 2, "people whose status is unknown",
        "2 people have an unknown status: they may have left.",
        "subscriptions: 2 people have an unknown status",
        "2 people may have left: their status at the provider is unknown.",
        alone=False,
    ),
    "without totals": State(
        lambda provider: turn(provider, 1, counters=None),
        "1 active person came without the lifetime totals that are known of them.",
        "without_totals", 1, "active people whose totals are missing from the newest look",
        "The totals of 1 active person are missing from its newest look",
        "subscriptions: 1 active person came without known totals",
        attention=False,
        alone=False,
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
        "1 row could not be read in the newest sync, so the figure lacks what it says.",
        alone=False,  # of 25 people, one is more than a hundredth: the run is partial
    ),
    "a post taken back": State(
        deny,
        "1 post that was sent came without a date, as a draft or as a web page.",
        "taken_back", 1, "posts that were sent, and that the provider now shows without a date",
        "1 issue that was sent is shown there as unsent. What was sent stays sent.",
        "posts: 1 sent post now shown as unsent, and kept as sent",
        attention=False,
        alone=False,
    ),
    "a post without a day": State(
        mail_without_a_day,
        "1 post was mailed on a day that the provider leaves out. Until it says the day,",
        "undated", 1, "posts that were mailed on a day that nobody knows",
        "It leaves out the day of 1 mailed issue, which counts for nobody until it says it.",
        "posts: 1 mailed post without a known day",
        "mailed on a day that nobody knows",
        alone=False,
    ),
    "old statistics": State(
        lag_behind,
        "posts: the provider's statistics are 30 hours old.",
        "old_statistics", 30, "so old were the provider's statistics when they came",
        "Its statistics were 30 hours old when they came.",
        "posts: the provider's statistics were 30 hours old",
        attention=False,
        alone=False,
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
TOGETHER = [[name] for name, state in STATES.items() if state.alone]
TOGETHER.append([name for name, state in STATES.items() if not state.alone])
"""The names of states that one look brings."""
# Those that come together are most of them; each of the others has syncs and commands of its own.
QUICK = ("held removals", "unknown standings")


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
            shown = replace(page, quarantined=aside) if page.cursor is None else page
            of_posts = walk.stream.name == "posts"
            yield replace(shown, computed_at=self.computed_at) if of_posts else shown

    provider.unreadable, provider.computed_at = [], None
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
            return query.answered(store, now)

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


def attention(surfaces: Surfaces) -> bool:
    return "needs attention" in surfaces.short


@pytest.mark.parametrize(
    "names",
    [pytest.param(names, marks=[pytest.mark.long] * (names[0] not in QUICK)) for names in TOGETHER],
    ids=", ".join,
)
@pytest.mark.long
def test_a_state_is_said_everywhere_until_a_healthy_look(
    weekly: Any, sync: Sync, look: Callable[..., Surfaces], names: list[str]
) -> None:
    sync()
    weekly.now += DAY
    healthy = (list(weekly.people), list(weekly.posts))
    states = [STATES[name] for name in names]
    for state in states:
        state.breaks(weekly)
    odd = look(*states[0].syncs)
    for state in states:
        check_said(odd, state)
    assert attention(odd) is any(state.attention for state in states)
    (told,) = (one for one in odd.status_json["publications"] if one["name"] == "pub")
    assert told["sources"] == odd.coverage_json["sources"]
    # the next healthy look, without --full
    weekly.people, weekly.posts = list(healthy[0]), list(healthy[1])
    weekly.posts.append(post(9, weekly.now - 2 * DAY))
    weekly.unreadable, weekly.total, weekly.computed_at = [], None, weekly.now
    mended = look()
    assert (mended.run_json["state"], mended.run_json["notices"]) == ("complete", [])
    for state in states:
        check_gone(mended, state)
    assert not attention(mended)


def check_said(odd: Surfaces, state: State) -> None:
    assert state.run in odd.run
    assert any(state.run in notice for notice in odd.run_json["notices"])
    assert limits(odd)[state.coverage] == state.count
    assert state.report in odd.coverage
    assert state.page in odd.page
    assert state.status in odd.status
    if state.house is not None:
        assert state.house in odd.house
        assert state.house in odd.page


def check_gone(mended: Surfaces, state: State) -> None:
    assert state.coverage not in limits(mended)
    for place, text in mended.texts().items():
        for said in (state.report, state.page, state.status, state.house):
            assert said is None or said not in text, place


@pytest.mark.long
def test_a_state_that_lasts_is_said_after_a_sync_that_is_silent(
    weekly: Any, sync: Sync, look: Callable[..., Surfaces]
) -> None:
    sync()
    deny(weekly)
    weekly.now += DAY
    sync()
    weekly.now += DAY
    silent = look()
    assert silent.run_json["notices"] == []
    state = STATES["a post taken back"]
    assert state.page in silent.page
    assert state.status in silent.status
    assert limits(silent)["taken_back"] == 1
    assert not attention(silent)


# What belongs to posts alone stands with the figures, and not with the sources


@pytest.mark.long
def test_posts_of_which_nothing_is_said(weekly: Any, look: Callable[..., Surfaces]) -> None:
    """Without totals, opens alone say that a post is measured. A later pull brings them."""
    turn(weekly, counters=None)
    weekly.posts = [msgspec.structs.replace(one, opens_tracked=True) for one in weekly.posts]
    weekly.now += 8 * DAY
    odd = look()
    words = "not said whether their opens were recorded, so silence says nothing"
    assert limits(odd)["not_said"] == 3
    assert "posts of which nothing says whether opens were recorded: 3" in odd.coverage
    assert words in odd.page
    assert words in odd.house
    weekly.signals = [
        Signal(
            id=f"o{n}", kind="open", post_id=f"p{n}", subscription_id=f"s{n:03d}",
            at=weekly.posts[n].sent_at + HOUR, machine=False,
        )
        for n in range(3)
    ]  # fmt: skip
    mended = look()
    assert "not_said" not in limits(mended)
    assert words not in mended.page + mended.house


@pytest.mark.long
def test_posts_that_two_connections_know(
    weekly: Any, opened: Callable[[], Any], look: Callable[..., Surfaces]
) -> None:
    posts = list(weekly.posts)
    weekly.posts = [msgspec.structs.replace(one, id=f"o{one.id}") for one in posts]
    runtime = Runtime(clock=lambda: weekly.now, sleep=lambda _: None)
    with opened() as store:
        SyncRun(store, weekly, RunRequest("pub", "old", "toy"), runtime).run()
    weekly.posts = posts
    shown = look()
    assert limits(shown)["shared"] == 3
    assert [one["words"] for one in shown.coverage_json["result"]["shared"]] == [
        "matched by title and day"
    ] * 3
    day = to_datetime(weekly.posts[0].sent_at).date()
    assert f"old: op0, sent {day}, is one of conn too, matched by title and day" in (shown.coverage)
    words = "3 posts came from several connections and count once each."
    assert words in shown.house
    assert words in shown.page
