"""A real Ghost of each line is synced: what its own database counts is what the store holds."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.browser import find_programs, run_script
from support.command import run
from support.ghost_store import CONNECTION, Keeping, now
from support.ghost_world import MEMBERS, POSTS, UNTRACKED, GhostWorld, opens, sent_at, stamp
from support.invented_service import serving
from support.served_store import served_store

from regulars.reports.engine.ask import ask_report
from regulars.store import Store
from regulars.store.verify import verify_store
from regulars.sync.record import RunResult
from regulars_connectors import ConfigurationError, Preflight, Runtime, Subscription, SyncState
from regulars_connectors.conformance import check_connector, complaints
from regulars_connectors.ghost import GhostConnector, GhostSettings
from regulars_connectors.instants import to_datetime

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def keeping(ghost: GhostWorld, tmp_path_factory: pytest.TempPathFactory) -> Keeping:
    """A store that was filled by a first sync, two members having been deleted before it."""
    for number in (7, 10):
        ghost.delete_member(number)
    made = Keeping(tmp_path_factory.mktemp("kept"), ghost.server)
    complete(made.sync())
    return made


def complete(result: RunResult) -> RunResult:
    assert result.outcome == "complete", result.reason
    assert sum(stream.quarantined for stream in result.streams) == 0
    return result


def test_a_first_sync_holds_what_ghost_counts(ghost: GhostWorld, keeping: Keeping) -> None:
    truth = ghost.truth()
    mailed = [n for n in range(MEMBERS) if n % 20 != 19 and n % 50 != 49]
    posts = range(POSTS - 2)
    assert len(truth["send"]) == len(mailed) * len(posts) == 2820
    assert len(truth["open"]) == sum(
        opens(n, post) for n in mailed for post in posts if post != UNTRACKED
    )
    # what a deleted member clicked or answered is deleted with them
    there = [n for n in range(MEMBERS) if n not in (7, 10)]
    assert len(truth["click"]) == sum(opens(n, post) for n in there for post in posts if n % 2 == 0)
    assert len(truth["comment"]) > 15
    assert keeping.signals() == truth
    assert keeping.rows("SELECT count(*) FROM signals WHERE machine IS NOT NULL") == [(0,)]


def test_a_later_sync_brings_late_opens_and_a_new_post(ghost: GhostWorld, keeping: Keeping) -> None:
    [(checkpoint,)] = keeping.rows("SELECT checkpoint FROM walks WHERE parent = 'members'")
    ghost.mail(POSTS - 2)
    ghost.respond(POSTS - 2)
    newest = sent_at(POSTS - 3) + timedelta(minutes=30)
    assert stamp(newest) in checkpoint
    # an open of two weeks before, which Ghost only learned of now
    late = ghost.open_late(POSTS - 5, after=timedelta(weeks=2, minutes=30) - timedelta(hours=47))
    assert late > 50
    complete(keeping.sync())
    assert keeping.signals() == ghost.truth()
    # and once more by the feed alone, from its own checkpoints
    assert ghost.open_late(POSTS - 3, after=timedelta(weeks=1) - timedelta(hours=47)) > 50
    complete(keeping.sync())
    assert keeping.signals() == ghost.truth()


def test_a_sync_that_finds_nothing_new_writes_nothing(keeping: Keeping) -> None:
    assert complete(keeping.sync()).written == 0


def test_a_deleted_member_stays_in_history_with_every_event(
    ghost: GhostWorld, keeping: Keeping
) -> None:
    before = keeping.signals()
    member = ghost.delete_member(30)
    assert any(row[1] == member for row in before["click"])
    assert not any(row[1] == member for row in ghost.truth()["click"])
    for presence in ("missing", "removed"):
        complete(keeping.sync())
        assert keeping.signals() == before
        assert keeping.rows(
            f"SELECT presence, status FROM subscriptions WHERE subscription_id = '{member}'"
        ) == [(presence, "active")]


def test_everything_read_again_is_the_same(ghost: GhostWorld, keeping: Keeping) -> None:
    before = keeping.signals()
    complete(keeping.sync(full=True))
    assert keeping.signals() == before
    with Store(keeping.settings().store) as store:
        assert verify_store(store) == []


def test_members_stand_as_ghost_says(ghost: GhostWorld, tmp_path: Path) -> None:
    server, gone = ghost.server, ghost.members[40]["id"]
    letters = [{"id": ghost.newsletter}]
    for newsletters in ([], letters, []):
        changed = {"members": [{"newsletters": newsletters}]}
        server.call("PUT", f"/members/{gone}/", json=changed)
    for number, reason in ((41, "bounce"), (42, "spam")):
        server.insert(
            "suppressions",
            [
                {
                    "id": ghost.new_id(),
                    "email": ghost.members[number]["email"],
                    "reason": reason,
                    "created_at": "2026-04-01 00:00:00",
                }
            ],
        )
    server.change("UPDATE members SET status = 'comped' WHERE id = ?", ghost.members[43]["id"])
    keeping = Keeping(tmp_path, server)
    complete(keeping.sync())
    found = {
        row[0]: row[1:]
        for row in keeping.rows(
            "SELECT w.email, s.status, s.tier, s.channel, s.source, s.medium,"
            " s.joined_at, s.left_at, w.words, s.provider_status"
            " FROM subscriptions s JOIN words w ON w.id = s.subscription_id"
            " AND w.subject = 'subscription'"
        )
    }
    assert len(found) == server.count("SELECT count(*) FROM members")
    status, tier, channel, source, medium, joined, left, words, _ = found["reader000@example.org"]
    assert (status, tier, channel, source, medium) == (
        "active",
        "free",
        "member",
        "Harbour News",
        "web",
    )
    assert (str(joined), left) == ("2026-01-01 10:00:00", None)
    assert '"harbour"' in words
    assert '/tides/"' in words
    # nothing of payments, places, permissions or links that unsubscribe
    kinds = {key for row in found.values() for key in json.loads(row[7] or "{}")}
    assert kinds == {"labels", "newsletters", "attribution"}
    assert found["reader040@example.org"][0] == "left"
    [(unsubscribed,)] = server.rows(
        "SELECT max(created_at) FROM members_subscribe_events WHERE member_id = ?", gone
    )
    assert str(found["reader040@example.org"][6]) == unsubscribed
    assert found["reader041@example.org"][0] == "bounced"
    assert found["reader042@example.org"][0] == "left"
    assert found["reader043@example.org"][1] == "comped"
    # never took a letter: no time of being subscribed at all
    assert found["reader019@example.org"][5] == found["reader019@example.org"][6]


@pytest.mark.parametrize("ghost", ["line6"], indirect=True)
def test_what_line_6_alone_knows_of_members(ghost: GhostWorld) -> None:
    gift, tagged = (ghost.members[number]["id"] for number in (44, 46))
    ghost.server.change("UPDATE members SET status = 'gift' WHERE id = ?", gift)
    ghost.server.change(
        "UPDATE members_created_events SET utm_source = 'almanac', utm_medium = 'letter',"
        " utm_campaign = 'spring', utm_term = 'tides' WHERE member_id = ?",
        tagged,
    )
    connector = connected(ghost)
    [people] = [stream for stream in connector.streams() if stream.name == "subscriptions"]
    [walk] = connector.walks(people, SyncState())
    found = {row.id: row for page in connector.pages(walk) for row in page.records}
    connector.close()
    assert isinstance(given := found[gift], Subscription)
    assert (given.status, given.tier) == ("active", "gift")
    assert isinstance(came := found[tagged], Subscription)
    assert (came.source, came.medium, came.campaign) == ("almanac", "letter", "spring")
    assert json.loads(came.attributes or "")["utm_term"] == "tides"


def test_posts_say_whether_opens_were_tracked(ghost: GhostWorld, keeping: Keeping) -> None:
    posts = {
        row[0]: row[1:]
        for row in keeping.rows(
            "SELECT title, form, opens_tracked, unique_opens, delivered, unique_clicks FROM posts"
        )
    }
    assert posts[f"Letter {UNTRACKED}"][:3] == ("both", False, None)
    assert posts["Letter 0"][:2] == ("both", True)
    truth = ghost.truth()
    assert posts["Letter 0"][3] == sum(row[2] == ghost.posts[0] for row in truth["send"])
    assert posts["Coming soon"][:3] == ("web", None, None)
    # a count of people, as far as Ghost still has them
    for number in (0, 1, UNTRACKED):
        clicked = {row[1] for row in truth["click"] if row[2] == ghost.posts[number]}
        assert posts[f"Letter {number}"][4] == len(clicked) > 0


def test_answers_hold_the_readers_words(keeping: Keeping) -> None:
    texts = keeping.rows("SELECT DISTINCT text FROM words WHERE subject = 'signal'")
    assert ("Thanks for letter 3 & more.\nTill soon",) in texts
    answers = keeping.rows(
        "SELECT answer, count(*) FROM signals WHERE kind = 'feedback' GROUP BY 1"
    )
    assert {row[0] for row in answers} == {"More like this", "Less like this"}


def test_clicks_carry_address_and_post(ghost: GhostWorld, keeping: Keeping) -> None:
    urls = keeping.rows(f"SELECT DISTINCT url FROM signals WHERE post_id = '{ghost.posts[3]}'")
    assert {("https://example.org/3/a",)} <= set(urls)


def test_one_newsletter_leaves_the_posts_of_others_out(ghost: GhostWorld, tmp_path: Path) -> None:
    made = ghost.server.call("POST", "/newsletters/", json={"newsletters": [{"name": "Other"}]})
    other = made["newsletters"][0]
    post = ghost.posts[2]
    change = "UPDATE {} SET newsletter_id = ? WHERE {} = ?"
    for table, column in (("posts", "id"), ("emails", "post_id")):
        ghost.server.change(change.format(table, column), other["id"], post)
    reader = ghost.members[50]["id"]
    ghost.server.call(
        "PUT", f"/members/{reader}/", json={"members": [{"newsletters": [{"id": other["id"]}]}]}
    )
    try:
        keeping = Keeping(tmp_path, ghost.server)
        complete(keeping.sync(newsletter="default-newsletter"))
        truth = ghost.truth()
        own = {kind: {row for row in rows if row[2] != post} for kind, rows in truth.items()}
        assert keeping.signals() == own
        assert keeping.rows(f"SELECT count(*) FROM posts WHERE id = '{post}'") == [(0,)]
        assert keeping.rows(
            f"SELECT status FROM subscriptions WHERE subscription_id = '{reader}'"
        ) == [("left",)]
        result = keeping.sync(newsletter="absent")
        assert result.outcome == "failed"
        assert "default-newsletter" in str(result.reason)
    finally:
        for table, column in (("posts", "id"), ("emails", "post_id")):
            ghost.server.change(change.format(table, column), ghost.newsletter, post)


def asked(keeping: Keeping, name: str, as_of: str) -> Any:
    settings = keeping.settings()
    publication = settings.publications[0]
    with Store(settings.store) as store:
        return ask_report(
            store, publication, name, as_of=as_of, parameters={}, now=to_datetime(now())
        )


def test_it_keeps_every_promise_of_the_contract(ghost: GhostWorld) -> None:
    options = {"base_url": ghost.server.url, "admin_key": ghost.server.key}
    runtime = Runtime(clock=now, sleep=lambda _: None, unpaced=True)
    assert not complaints(check_connector(GhostConnector, options, runtime))


def test_the_house_can_be_worked_out_by_hand(ghost: GhostWorld, keeping: Keeping) -> None:
    """One in five reads everything; member 10 was deleted before anybody looked.

    One in five reads letters 0 and 6 only, and a third of the rest turned out to have opened
    letter 7: far less than four of the last eight.
    """
    house = asked(keeping, "house", "2026-04-06").result
    by_rule = house.by_rule
    assert by_rule.value == by_rule.high == MEMBERS // 5 - 1
    assert house.rule.model_dump() == {"k": 4, "n": 8, "unit": "post"}
    assert house.active_people == MEMBERS - MEMBERS // 20 - 2
    people = asked(keeping, "regulars", "2026-04-06").result.people
    regular = {person.provider_id for person in people if person.state == "regular"}
    everything = {m["id"] for m in ghost.members if opens(int(m["number"]), 1)}
    assert regular == everything - {ghost.members[10]["id"]}


def test_coverage_names_what_cannot_be_seen(keeping: Keeping) -> None:
    seen = asked(keeping, "coverage", "2026-04-20").result
    counts = {item.code: item.count for part in (seen.posts, seen.opens) for item in part}
    assert counts["sent"] == POSTS - 1
    assert counts["not_mailed"] == counts["opens_not_recorded"] == 1
    opened = sum(1 for row in keeping.signals()["open"] if row[3] < "2026-04-21")
    # two were deleted before the first sync: their mails are there, and what one of them opened
    [gone] = [item.count for item in seen.signals if item.code == "no_person"]
    assert gone == 10 + 10 + 9
    assert counts["unknown"] == opened - 9


FIVE = ("house", "regulars", "movement", "variation", "calibration")


def settings_file(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GHOST_TEST_KEY", keeping.server.key)
    config = keeping.folder / "regulars.toml"
    config.write_text(
        f"""[store]
folder = "{keeping.folder}"
free_space_floor_mib = 0

[[publications]]
name = "letters"

[[publications.connections]]
name = "{CONNECTION}"
connector = "ghost"
base_url = "{keeping.server.url}"
admin_key = {{ env = "GHOST_TEST_KEY" }}
"""
    )
    return config


def test_command_and_http_answer_all_five_reports_alike(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings_file(keeping, monkeypatch)
    commands = {
        name: run(config, "report", name, "--as-of", "2026-04-06", "--json") for name in FIVE
    }
    assert {name: said.code for name, said in commands.items()} == dict.fromkeys(FIVE, 0)
    with served_store(config) as served:
        for name in FIVE:
            path = f"/api/v1/publications/letters/reports/{name}?as_of=2026-04-06"
            assert served.get(path).json()["result"] == commands[name].json["result"], name
    # One in five reads everything, member 10 was deleted: nobody else is likely to read four.
    figure = commands["house"].json["result"]["sustained_readers"]
    assert figure["low"] <= MEMBERS // 5 - 1 <= figure["high"]


def test_the_page_says_how_many_and_axe_finds_nothing(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings_file(keeping, monkeypatch)
    with served_store(config) as served, serving(served) as url:
        [*looks] = run_script(find_programs(), "axe.mjs", f"{url}/p/letters")["looks"]
        text = served.get("/p/letters").text
    assert "keep coming back." in text
    assert [look["violations"] for look in looks] == [[] for _ in looks]
    assert all(look["overflow"] <= 0 and not look["failed"] for look in looks)


def connected(ghost: GhostWorld) -> GhostConnector:
    settings = GhostSettings(base_url=ghost.server.url, admin_key=SecretStr(ghost.server.key))
    return GhostConnector(settings, Runtime(clock=now, sleep=lambda _: None, unpaced=True))


def preflight(ghost: GhostWorld) -> Preflight:
    connector = connected(ghost)
    try:
        return connector.preflight()
    finally:
        connector.close()


def test_the_preflight_says_what_a_sync_will_meet(ghost: GhostWorld) -> None:
    found = preflight(ghost)
    texts = {finding.name: finding.text for finding in found.findings}
    assert {finding.verdict for finding in found.findings} == {"ok"}
    members = ghost.server.count("SELECT count(*) FROM members")
    assert texts["members"] == f"{members} to read."
    assert texts["version"] == f"It is Ghost {ghost.server.version}."
    sends = len(ghost.truth()["send"])
    assert texts["signals"].startswith(f"To read: {sends:,} sends, ")
    assert found.requests is not None
    assert 20 < found.requests < 60


def test_the_preflight_says_what_is_not_tracked(ghost: GhostWorld) -> None:
    def track(value: bool) -> None:
        settings = [{"key": "email_track_opens", "value": value}]
        ghost.server.call("PUT", "/settings/", json={"settings": settings})

    track(False)
    try:
        [finding] = [item for item in preflight(ghost).findings if item.name == "opens"]
    finally:
        track(True)
    assert finding.verdict == "warning"
    assert "not measured" in finding.text


def test_the_key_opens_one_site(ghost: GhostWorld) -> None:
    options = {"base_url": ghost.server.url + "/ghost/#/settings", "admin_key": ghost.server.key}
    runtime = Runtime(clock=now, sleep=lambda _: None, unpaced=True)
    [offer] = GhostConnector.discover(options, runtime)
    assert offer.title == "Field Notes"
    assert offer.subscriptions == ghost.server.count("SELECT count(*) FROM members")
    with pytest.raises(ConfigurationError, match="Content API key"):
        GhostConnector.discover(options | {"admin_key": "0" * 26}, runtime)
