"""Keys, links and sessions: what counts, until when, and what stays after a new start."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from regulars.access.register import CUT, UNKNOWN, Refusal
from regulars.access.scopes import COMMAND, Caller
from regulars.access.tokens import new_key
from regulars.errors import NothingHere, UsageWrong
from regulars_connectors.instants import DAY, SECOND

MINUTE = 60 * SECOND


def test_a_key_is_its_caller_with_scopes_and_publications(turned: Any) -> None:
    record, text = turned.register.add_key("site", ["sync:run", "read:figures"], ["b", "a", "b"])
    caller = turned.register.of_key(text)
    assert caller == Caller(
        "key", record.id, frozenset({"read:figures", "sync:run"}), frozenset({"a", "b"})
    )
    assert record.scopes == ("read:figures", "sync:run")
    assert record.publications == ("a", "b")


def test_figures_of_all_publications_are_what_a_key_gets_by_default(turned: Any) -> None:
    _, text = turned.register.add_key("site")
    caller = turned.register.of_key(text)
    assert (caller.scopes, caller.publications) == (frozenset({"read:figures"}), None)
    assert caller.sees("any")
    assert caller.may("read:figures")
    assert not caller.may("read:people")


def test_a_key_for_no_publication_is_not_a_key_for_all(turned: Any) -> None:
    _, text = turned.register.add_key("site", publications=["a"])
    with turned.store.read() as cursor:
        cursor.execute("DELETE FROM api_key_publications")
    caller = turned.again().of_key(text)
    assert caller.publications == frozenset()
    assert not caller.sees("a")


def test_the_text_of_a_key_is_kept_nowhere(turned: Any) -> None:
    _, text = turned.register.add_key("site")
    _, link = turned.register.make_link()
    _, cookie = turned.register.sign_in(link)
    kept = json.dumps([entry.facts for entry in turned.store.entries])
    with turned.store.read() as cursor:
        for table in ("api_keys", "sign_ins"):
            kept += str(cursor.execute(f"FROM {table}").fetchall())
    for secret in (text, link, cookie):
        assert secret not in kept


def test_a_new_start_knows_every_key_and_session(turned: Any) -> None:
    record, text = turned.register.add_key("site", publications=["a"])
    _, link = turned.register.make_link()
    session, cookie = turned.register.sign_in(link)
    again = turned.again()
    assert again.of_key(text).id == record.id
    assert again.of_session(cookie) == session
    assert again.sign_in(link) is None


def test_a_key_that_is_cut_or_unknown(turned: Any) -> None:
    _, text = turned.register.add_key("site")
    assert turned.register.of_key(text[:-1]) == CUT
    assert turned.register.of_key("x" * 1000) == CUT
    assert turned.register.of_key(new_key()) == UNKNOWN


def test_an_expired_key_is_told_so_from_that_instant_on(turned: Any) -> None:
    _, text = turned.register.add_key("site", expires_at=turned.now + DAY)
    caller = turned.register.of_key(text)
    turned.now += DAY - 1
    assert turned.register.of_key(text) == caller
    assert turned.register.is_in_force(caller)
    turned.now += 1
    assert turned.register.of_key(text) == Refusal(
        "This key expired on 2026-11-26T08:00:00Z.", is_wrong=False
    )
    assert not turned.register.is_in_force(caller)


def test_a_revoked_key_ends_at_once_and_for_good(turned: Any) -> None:
    record, text = turned.register.add_key("site")
    caller = turned.register.of_key(text)
    revoked = turned.register.revoke_key(record.id)
    assert revoked.revoked_at == turned.now
    turned.now += DAY
    assert turned.register.revoke_key(record.id) == revoked
    assert not turned.register.is_in_force(caller)
    for register in (turned.register, turned.again()):
        assert "was revoked on 2026-11-25" in register.of_key(text).reason
    assert len(turned.store.entries) == 2


def test_an_id_that_is_none_is_named(turned: Any) -> None:
    with pytest.raises(NothingHere, match="key_none"):
        turned.register.revoke_key("key_none")


def test_a_key_that_would_be_over_at_once_is_refused(turned: Any) -> None:
    with pytest.raises(UsageWrong):
        turned.register.add_key("site", expires_at=turned.now)
    assert turned.store.entries == []


def test_a_use_is_noted_once_a_day(turned: Any) -> None:
    _, text = turned.register.add_key("site")
    caller = turned.register.of_key(text)
    noted = []
    for _ in range(3 * 24):  # three days from eight in the morning on touch four dates
        if turned.register.is_use_due(caller):
            turned.register.note_use(caller)
            noted.append(turned.now)
        turned.now += DAY // 24
    assert len(noted) == 4
    assert len(turned.store.entries) == 5
    assert turned.again().all_keys()[0].used_at == noted[-1]


def test_the_command_line_has_a_token_for_this_start_alone(turned: Any) -> None:
    token = turned.register.make_command_token()
    assert turned.register.of_key(token) == COMMAND
    assert turned.again().of_key(token) == CUT
    another = turned.register.make_command_token()
    assert turned.register.of_key(token) == CUT
    assert turned.register.of_key(another) == COMMAND
    assert turned.store.entries == []


def test_a_link_works_once(turned: Any) -> None:
    _, link = turned.register.make_link()
    assert turned.register.is_open_link(link)
    session, cookie = turned.register.sign_in(link)
    assert turned.register.of_session(cookie) == session
    assert session.kind == "session"
    assert not turned.register.is_open_link(link)
    assert turned.register.sign_in(link) is None


def test_of_many_who_use_a_link_at_once_one_gets_in(turned: Any) -> None:
    _, link = turned.register.make_link()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(turned.register.sign_in, [link] * 8))
    assert sum(one is not None for one in found) == 1


def test_a_link_ends_after_ten_minutes(turned: Any) -> None:
    _, link = turned.register.make_link()
    turned.now += 10 * MINUTE - 1
    assert turned.register.is_open_link(link)
    turned.now += 1
    assert turned.register.sign_in(link) is None


def test_a_session_ends_after_thirty_days(turned: Any) -> None:
    session, cookie = turned.register.sign_in(turned.register.make_link()[1])
    turned.now += 30 * DAY - 1
    assert turned.register.of_session(cookie) == session
    turned.now += 1
    assert turned.register.of_session(cookie) is None
    assert not turned.register.is_in_force(session)


def test_all_sessions_and_links_end_together(turned: Any) -> None:
    cookies = [turned.register.sign_in(turned.register.make_link()[1])[1] for _ in range(3)]
    _, link = turned.register.make_link()
    _, key = turned.register.add_key("site")
    assert turned.register.end_all() == 3
    for register in (turned.register, turned.again()):
        assert not any(register.of_session(cookie) for cookie in cookies)
        assert register.sign_in(link) is None
        assert isinstance(register.of_key(key), Caller)
    _, later = turned.register.make_link()
    assert turned.register.sign_in(later) is not None


def test_signing_out_ends_one_session(turned: Any) -> None:
    (first, one), (_, other) = (
        turned.register.sign_in(turned.register.make_link()[1]) for _ in range(2)
    )
    turned.register.end_session(first)
    assert turned.register.of_session(one) is None
    assert turned.register.of_session(other) is not None


def test_a_text_for_one_purpose_is_none_for_another(turned: Any) -> None:
    _, key = turned.register.add_key("site")
    _, link = turned.register.make_link()
    _, cookie = turned.register.sign_in(turned.register.make_link()[1])
    assert turned.register.of_session(key) is None
    assert turned.register.of_session(link) is None
    assert turned.register.sign_in(cookie) is None
    assert turned.register.of_key(cookie) == CUT


def test_a_link_lets_somebody_in_until_it_is_used_or_over(turned: Any) -> None:
    assert not turned.register.lets_somebody_in
    turned.register.make_link()
    assert turned.again().lets_somebody_in
    turned.now += 10 * MINUTE
    assert not turned.again().lets_somebody_in


def test_a_session_lets_somebody_in_for_30_days_unless_it_is_ended(turned: Any) -> None:
    turned.register.sign_in(turned.register.make_link()[1])
    turned.now += 30 * DAY - 1
    assert turned.again().lets_somebody_in
    turned.now += 1
    assert not turned.again().lets_somebody_in
    turned.register.sign_in(turned.register.make_link()[1])
    turned.register.make_link()
    turned.register.end_all()
    assert not turned.again().lets_somebody_in


def test_a_key_lets_somebody_in_until_it_is_revoked_or_expires(turned: Any) -> None:
    record, _ = turned.register.add_key("site")
    turned.now += 4000 * DAY
    assert turned.again().lets_somebody_in
    turned.register.revoke_key(record.id)
    assert not turned.again().lets_somebody_in
    turned.register.add_key("short", expires_at=turned.now + DAY)
    assert turned.again().lets_somebody_in
    turned.now += DAY
    assert not turned.again().lets_somebody_in
