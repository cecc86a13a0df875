"""What can go wrong with a real Ghost: keys, clocks, pages too heavy, a server that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.ghost_server import ADMIN, start
from support.ghost_store import Keeping, now
from support.ghost_world import GhostWorld

from regulars_connectors import AuthenticationFailed, Page, Runtime, Signal, SyncState
from regulars_connectors.contract import Stream, Walk
from regulars_connectors.errors import ConnectorError
from regulars_connectors.ghost import GhostConnector, GhostSettings
from regulars_connectors.ghost.client import GhostClient
from regulars_connectors.ghost.tokens import TokenMint
from regulars_connectors.http import body
from regulars_connectors.instants import SECOND

pytestmark = pytest.mark.servers


@pytest.fixture
def ghost(small_ghost: GhostWorld) -> GhostWorld:
    return small_ghost


def runtime(ahead: float = 0, transport: Any = None) -> Runtime:
    return Runtime(
        clock=lambda: now() + int(ahead * SECOND),
        sleep=lambda _: None,
        unpaced=True,
        transport=transport,
    )


class Overheard(httpx.HTTPTransport):
    """The real network, with every request and status kept."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[httpx.URL, int]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        self.seen.append((request.url, answer.status_code))
        return answer

    def limits(self, path: str) -> list[int]:
        return [int(url.params["limit"]) for url, _ in self.seen if url.path.endswith(path)]


def settings(ghost: GhostWorld, **changes: Any) -> GhostSettings:
    given = {"base_url": ghost.server.url, "admin_key": ghost.server.key} | changes
    return GhostSettings(**given)


def walks(connector: GhostConnector, name: str) -> list[Walk]:
    """What a first sync would walk."""
    [stream] = [stream for stream in connector.streams() if stream.name == name]
    return list(connector.walks(stream, SyncState()))


def feed(connector: GhostConnector, kind: str) -> Iterator[Page]:
    """The event feed of one type, from its beginning."""
    signals = Stream("signals", "events", "signals")
    return connector.pages(Walk(signals, "since", parent=kind))


def refused(ghost: GhostWorld, monkeypatch: pytest.MonkeyPatch, header: str) -> ConnectorError:
    """How Ghost's refusal of a wrong token arrives; its clock is not to blame."""
    monkeypatch.setattr(TokenMint, "header", lambda _self: header)
    client = GhostClient(settings(ghost), runtime())
    try:
        with pytest.raises(AuthenticationFailed) as caught:
            client.count("members")
        return caught.value
    finally:
        client.close()


def test_an_expired_token(ghost: GhostWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    mint = TokenMint(settings(ghost).admin_key, lambda: now() - 3600 * SECOND)
    error = refused(ghost, monkeypatch, mint.header())
    assert "401" in error.happened
    assert "Admin API key" in error.to_do


def test_a_malformed_token(ghost: GhostWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(ghost, monkeypatch, "Ghost not.a.token")
    assert "400" in error.happened


def test_a_key_that_was_revoked(ghost: GhostWorld, tmp_path: Path) -> None:
    keeping = Keeping(tmp_path, ghost.server)
    result = keeping.sync(admin_key="0" * 24 + ":" + "a" * 64)
    assert result.outcome == "failed"
    assert "refused the admin key" in str(result.reason)


def test_a_key_without_rights(ghost: GhostWorld, tmp_path: Path) -> None:
    """Staff tokens look like a key; the rights are those of the person."""
    made = ghost.server.call(
        "POST", "/integrations/?include=api_keys", json={"integrations": [{"name": "Small"}]}
    )
    [key] = [key for key in made["integrations"][0]["api_keys"] if key["type"] == "admin"]
    ghost.server.change(
        "UPDATE api_keys SET role_id = (SELECT id FROM roles WHERE name = 'Scheduler Integration')"
        " WHERE id = ?",
        key["id"],
    )
    connector = GhostConnector(settings(ghost, admin_key=key["secret"]), runtime())
    [finding] = [item for item in connector.preflight().findings if item.verdict == "error"]
    connector.close()
    assert finding.name == "key"
    assert "may not read" in finding.text
    assert "custom integration" in str(finding.fix)
    result = Keeping(tmp_path, ghost.server).sync(admin_key=key["secret"])
    assert "may not read" in str(result.reason)


@pytest.mark.parametrize("hours", [1, -1])
def test_clocks_that_differ_by_an_hour(ghost: GhostWorld, tmp_path: Path, hours: int) -> None:
    keeping = Keeping(tmp_path, ghost.server)
    result = keeping.sync(clock_ahead=hours * 3600)
    assert result.outcome == "complete", result.reason
    assert keeping.signals() == ghost.truth()
    connector = GhostConnector(settings(ghost), runtime(hours * 3600))
    preflight = connector.preflight()
    connector.close()
    [finding] = [item for item in preflight.findings if item.name == "clock"]
    assert finding.verdict == "warning"
    assert preflight.clock_skew_seconds == pytest.approx(-hours * 3600, abs=5)


def answered(ghost: GhostWorld, path: str, accept: str = "v5.0") -> httpx.Response:
    """What Ghost answers to a bare request with the key."""
    mint = TokenMint(settings(ghost).admin_key, now)
    headers = {"Authorization": mint.header(), "Accept-Version": accept}
    return httpx.get(f"{ghost.server.url}{ADMIN}{path}", headers=headers, trust_env=False)


@pytest.mark.parametrize("path", ["/members/?limit=3", "/members/events/?limit=3"])
def test_both_lines_answer_the_same_to_either_version(ghost: GhostWorld, path: str) -> None:
    """We ask for the older one; what comes says itself which one it is."""
    older, newer = (answered(ghost, path, accept) for accept in ("v5.0", "v6.0"))
    assert older.json() == newer.json()
    assert older.headers["content-version"] == f"v{ghost.server.version}"


def test_line_5_answers_406_for_comments_so_the_feed_is_asked(ghost: GhostWorld) -> None:
    assert (
        answered(ghost, "/comments/").status_code == {"line5": 406, "line6": 200}[ghost.server.line]
    )
    network = Overheard()
    connector = GhostConnector(settings(ghost), runtime(transport=network))
    found = [row for page in feed(connector, "comment_event") for row in page.records]
    connector.close()
    assert {(row.id, row.post_id) for row in found} == {
        (row[0], row[2]) for row in ghost.truth()["comment"]
    }
    assert {status for _, status in network.seen} == {200}


def test_events_with_the_same_id_under_several_types(ghost: GhostWorld, tmp_path: Path) -> None:
    [(recipient,)] = ghost.server.rows(
        "SELECT min(id) FROM email_recipients WHERE opened_at IS NOT NULL"
    )
    ghost.server.change(
        "UPDATE members_click_events SET id = ?"
        " WHERE id = (SELECT min(id) FROM members_click_events)",
        recipient,
    )
    keeping = Keeping(tmp_path, ghost.server)
    assert keeping.sync().outcome == "complete"
    kinds = keeping.rows(f"SELECT kind FROM signals WHERE signal_key = '{recipient}' ORDER BY kind")
    assert kinds == [("click",), ("open",), ("send",)]
    assert keeping.signals() == ghost.truth()


def test_a_deleted_post_keeps_what_happened_to_it(ghost: GhostWorld, tmp_path: Path) -> None:
    """Ghost lists it no more and its clicks no longer name it; its mails still do, in the feed."""
    keeping = Keeping(tmp_path / "before", ghost.server)
    assert keeping.sync().outcome == "complete"
    before = keeping.signals()
    post = ghost.delete_post(1)
    lost = [row for row in ghost.truth()["click"] if row[2] is None]
    assert len(lost) > 10
    assert keeping.sync(full=True).outcome == "complete"
    assert keeping.signals() == before
    assert keeping.rows(f"SELECT presence FROM posts WHERE id = '{post}'") == [("missing",)]
    # who comes later learns what Ghost still knows
    later = Keeping(tmp_path / "after", ghost.server)
    assert later.sync().outcome == "complete"
    assert later.signals() == ghost.truth()
    assert post in {row[2] for row in later.signals()["open"]}


def test_one_newsletter_leaves_out_what_another_mailed_until_it_is_chosen(
    ghost: GhostWorld, tmp_path: Path
) -> None:
    """Of a deleted post only its mail still says whose it was."""
    made = ghost.server.call("POST", "/newsletters/", json={"newsletters": [{"name": "Other"}]})
    other = made["newsletters"][0]["id"]
    change = "UPDATE {} SET newsletter_id = ? WHERE {} = ?"
    for number in (4, 5):
        for table, column in (("posts", "id"), ("emails", "post_id")):
            ghost.server.change(change.format(table, column), other, ghost.posts[number])
    listed, deleted = ghost.posts[4], ghost.delete_post(5)
    keeping = Keeping(tmp_path / "one", ghost.server)
    assert keeping.sync(newsletter="default-newsletter").outcome == "complete"
    truth = ghost.truth()
    assert {listed, deleted} <= {row[2] for row in truth["send"]}
    assert keeping.signals() == {
        kind: {row for row in rows if row[2] not in (listed, deleted)}
        for kind, rows in truth.items()
    }
    # how far one newsletter was read says nothing of the others
    assert keeping.sync().outcome == "complete"
    assert keeping.signals() == truth
    ghost.server.change(change.format("posts", "id"), ghost.newsletter, listed)
    for post in (listed, deleted):
        ghost.server.change(change.format("emails", "post_id"), ghost.newsletter, post)


def test_a_post_that_was_mailed_and_taken_back_still_counts(
    ghost: GhostWorld, tmp_path: Path
) -> None:
    """Its readers have it, and what they do with it is reading; only the page is gone."""

    def turn(status: str) -> None:
        path = f"/posts/{ghost.posts[3]}/"
        [post] = ghost.server.call("GET", path)["posts"]
        changed = {"status": status, "updated_at": post["updated_at"]}
        ghost.server.call("PUT", path, json={"posts": [changed]})

    keeping = Keeping(tmp_path, ghost.server)
    mailed = "SELECT post_id, sent_at FROM mailed_posts('letters', TIMESTAMP '2026-06-01')"
    standing = f"SELECT status, form, web_url IS NULL FROM posts WHERE id = '{ghost.posts[3]}'"
    assert keeping.sync().outcome == "complete"
    before = set(keeping.rows(mailed))
    assert ghost.posts[3] in {row[0] for row in before}
    turn("draft")
    try:
        assert keeping.sync().outcome == "complete"
        assert set(keeping.rows(mailed)) == before
        assert keeping.rows(standing) == [("sent", "email", True)]
    finally:
        turn("published")
    assert keeping.sync().outcome == "complete"
    assert set(keeping.rows(mailed)) == before
    assert keeping.rows(standing) == [("sent", "both", False)]


def test_a_click_on_a_link_of_no_post(ghost: GhostWorld, tmp_path: Path) -> None:
    """Line 6 has such in the mails that it sends by itself, when somebody joins."""
    [(click, link)] = ghost.server.rows("SELECT max(id), redirect_id FROM members_click_events")
    [(post,)] = ghost.server.rows("SELECT post_id FROM redirects WHERE id = ?", link)
    ghost.server.change("UPDATE redirects SET post_id = NULL WHERE id = ?", link)
    connector = GhostConnector(settings(ghost), runtime())
    found = {row.id: row for page in feed(connector, "click_event") for row in page.records}
    connector.close()
    ghost.server.change("UPDATE redirects SET post_id = ? WHERE id = ?", post, link)
    assert isinstance(row := found[click], Signal)
    assert row.post_id is None
    assert row.url is not None
    assert row.url.startswith("https://example.org/")


def test_comments_that_were_hidden_or_taken_back(ghost: GhostWorld, tmp_path: Path) -> None:
    """They are gone from the feed, but for those with answers: these stand without words."""
    keeping = Keeping(tmp_path, ghost.server)
    assert keeping.sync().outcome == "complete"
    before = keeping.signals()["comment"]
    ids = [row[0] for row in ghost.server.rows("SELECT id FROM comments ORDER BY id")]
    hidden, taken_back, answered_to, answer = ids[:4]
    state = "UPDATE comments SET status = ? WHERE id = ?"
    ghost.server.change(state, "hidden", hidden)
    ghost.server.change(state, "deleted", taken_back)
    ghost.server.change(state, "deleted", answered_to)
    ghost.server.change("UPDATE comments SET parent_id = ? WHERE id = ?", answered_to, answer)
    try:
        assert {row[0] for row in ghost.truth()["comment"]} == set(ids) - {hidden, taken_back}
        fresh = Keeping(tmp_path / "fresh", ghost.server)
        for sync in (keeping, fresh):
            assert sync.sync(full=True).outcome == "complete"
        assert fresh.signals()["comment"] == ghost.truth()["comment"]
        assert keeping.signals()["comment"] == before
        words = "SELECT text IS NULL FROM words WHERE id = 'comment/{}'"
        assert keeping.rows(words.format(hidden)) == [(False,)]
        assert keeping.rows(words.format(answered_to)) == [(True,)]
        assert fresh.rows(words.format(answered_to)) == []
    finally:
        ghost.server.change("UPDATE comments SET status = 'published', parent_id = NULL")


def test_a_member_deleted_between_two_pages(ghost: GhostWorld) -> None:
    """The first one goes: with numbered pages somebody would slip past the second page."""
    before = {row[0] for row in ghost.server.rows("SELECT id FROM members")}
    sends = {row[:2] for row in ghost.truth()["send"]}
    ordered = sorted(before)
    doomed = [ordered[0], ordered[-1]]
    connector = GhostConnector(settings(ghost), runtime())
    [walk] = walks(connector, "subscriptions")
    pages = connector.pages(walk)
    first = next(pages)
    ghost.server.call("DELETE", f"/members/{doomed[0]}/")
    rest = list(pages)
    seen = {row.id for page in (first, *rest) for row in page.records}
    assert seen == before
    assert first.total == len(before)

    [walk] = [walk for walk in walks(connector, "signals") if walk.parent == "members"]
    signals = connector.pages(walk)
    found = {(row.id, row.subscription_id) for row in next(signals).records if row.kind == "send"}
    ghost.server.call("DELETE", f"/members/{doomed[1]}/")
    for page in signals:
        found |= {(row.id, row.subscription_id) for row in page.records if row.kind == "send"}
    connector.close()
    assert found == sends


def test_a_page_that_is_too_heavy_is_asked_for_again_with_half_the_limit(
    ghost: GhostWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Overheard()
    connector = GhostConnector(settings(ghost), runtime(transport=network))
    truth = {row[0] for row in ghost.truth()["send"]}
    monkeypatch.setattr(body, "MAX_BODY_BYTES", 200_000)
    found = {row.id for page in feed(connector, "email_delivered_event") for row in page.records}
    connector.close()
    assert found == truth
    limits = network.limits("/events/")
    assert limits[:2] == [100, 50]
    assert 5 < limits[-1] < 100


def test_a_site_whose_mails_are_heavy_is_read_by_the_feed(ghost: GhostWorld) -> None:
    """Line 5 repeats each mail's text for each member: one of them would weigh megabytes.

    From 6.38 on the list of members comes without, and is taken whatever the mails weigh.
    """
    texts = ghost.server.rows("SELECT id, html FROM emails")
    ghost.server.change("UPDATE emails SET html = ?", "<p>" + "long " * 90_000 + "</p>")
    try:
        connector = GhostConnector(settings(ghost), runtime())
        parents = [walk.parent for walk in walks(connector, "signals")]
        connector.close()
        one = answered(ghost, "/members/?limit=1&include=email_recipients").content
    finally:
        for email, text in texts:
            ghost.server.change("UPDATE emails SET html = ? WHERE id = ?", text, email)
    if ghost.server.line == "line5":
        assert parents[:2] == ["email_delivered_event", "email_opened_event"]
        assert len(one) > 2_000_000
    else:
        assert parents[0] == "members"
        assert len(one) < 20_000


def test_a_server_that_goes_away_mid_walk(
    ghost: GhostWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed within the first sync; once it is back, the next one goes on to the end."""
    keeping = Keeping(tmp_path / "store", ghost.server, part_rows=50)
    (tmp_path / "store").mkdir(mode=0o700)
    asked = 0
    send = GhostClient.get

    def get(client: GhostClient, path: str, *rest: Any) -> Any:
        nonlocal asked
        asked += path == "/members/events/"
        if asked == 9 and ghost.server.process.poll() is None:
            ghost.server.process.kill()
            ghost.server.process.wait()
        return send(client, path, *rest)

    monkeypatch.setattr(GhostClient, "get", get)
    result = keeping.sync()
    assert result.outcome == "partial"
    assert "could not be fetched" in str(result.reason)
    monkeypatch.undo()
    port = int(ghost.server.url.rsplit(":", 1)[1])
    back = start(ghost.server.line, ghost.server.database.parent, port)
    ghost.server.process = back.process
    back.owner.close()
    assert keeping.sync().outcome == "complete"
    assert keeping.signals() == ghost.truth()
