"""When somebody left, told by an export: it ends a spell that the provider only saw ended."""

from __future__ import annotations

from datetime import timedelta


def ends(tables):
    rows = tables.connection.execute(
        "SELECT starts_at, ends_at, end_kind FROM spells('notes') ORDER BY starts_at"
    )
    return rows.fetchall()


def tell(tables, left_at):
    tables.insert(
        "departures", subscription_id="anna", left_at=left_at, told_by="export", seen_at=left_at
    )


def left(tables, seen_at, **values):
    tables.version(
        "anna", seen_at, status="left", was_status="active", was_presence="present", **values
    )


def test_it_ends_the_spell_when_they_really_left(tables, at):
    tables.version("anna", at(0))
    left(tables, at(8))
    assert ends(tables)[0][1:] == (at(8), "left")
    tell(tables, at(5))
    assert ends(tables)[0] == (at(-1), at(5), "left")


def test_somebody_first_seen_when_it_was_over_left_when_the_export_says(tables, at):
    tables.version("anna", at(8), status="left")
    assert ends(tables) == [(at(-1), at(8), "left")]
    tell(tables, at(3))
    assert ends(tables) == [(at(-1), at(3), "left")]


def test_an_export_ends_nobody_who_is_active(tables, at):
    tables.version("anna", at(0))
    tell(tables, at(-0.5))
    tell(tables, at(5))
    assert ends(tables)[0][2] is None


def test_an_old_leaving_does_not_end_what_came_after_it(tables, at):
    # Left at 3 (told), back by 6, left again by 9 (not told).
    tables.version("anna", at(0))
    left(tables, at(4))
    tables.version("anna", at(6), was_status="left", was_presence="present")
    left(tables, at(9))
    tell(tables, at(3))
    assert ends(tables) == [(at(-1), at(3), "left"), (at(6), at(9), "left")]
    # A second export tells the second leaving; the first one stands.
    tell(tables, at(8))
    assert ends(tables) == [(at(-1), at(3), "left"), (at(6), at(8), "left")]


def test_a_time_after_it_was_seen_or_before_they_joined_is_not_believed(tables, at):
    tables.version("anna", at(4), status="left")
    tell(tables, at(4) + timedelta(seconds=1))
    tell(tables, at(-2))
    assert ends(tables) == [(at(-1), at(4), "left")]


def test_what_the_provider_says_itself_goes_before(tables, at):
    tables.version("anna", at(0))
    left(tables, at(8), left_at=at(6))
    tell(tables, at(5))
    assert ends(tables)[0][1] == at(6)


def test_a_deleted_or_bounced_person_did_not_leave(tables, at):
    tables.version("anna", at(0))
    tables.version("anna", at(8), status="bounced", was_status="active", was_presence="present")
    tell(tables, at(5))
    assert ends(tables)[0][1:] == (at(8), "censored")
