"""What can be seen, and what cannot, each with its reason."""

from regulars.reports.coverage import COVERAGE


def counts(items):
    return {item.code: item.count for item in items}


def test_signals_and_why_some_are_ignored(tables, at):
    tables.posts(3)
    tables.post(7, at(1), form="web")
    tables.person("anna")
    tables.person("late", joined_at=at(1.5))
    tables.opens("anna", 0)
    tables.opens("anna", 1, machine=True)
    tables.opens("anna", 2, machine=None)
    tables.opens("late", 0)  # sent before they came
    tables.opens("anna", 7, happened_at=at(1))  # stood on the web only
    tables.opens("nobody", 0)
    tables.signal("open", "anna", None, happened_at=at(1))
    tables.signal("click", "anna", 0, happened_at=None, url="https://example.org/a")
    seen = tables.ask(COVERAGE, at(2.5)).result
    assert counts(seen.posts) == {"sent": 3, "too_recent": 1, "not_mailed": 1}
    assert counts(seen.opens) == {"person": 1, "machine": 1}
    assert counts(seen.clicks) == {"human": 1, "without_time": 1}
    assert counts(seen.signals) == {
        "outside_standing": 1, "not_mailed": 1, "no_person": 1, "no_post": 1, "too_recent": 1,
    }  # fmt: skip
    # of the two posts that reached anna one shows a machine alone: half of them
    assert counts(seen.people) == {"hidden": 1, "newcomer": 1}


def test_people_by_state_also_those_who_are_gone(tables, at):
    tables.posts(8)
    tables.person("anna")
    tables.person("left", status="left", left_at=at(3))
    tables.person("bounced", status="bounced", left_at=at(3))
    tables.opens("anna", *range(4))
    envelope = tables.ask(COVERAGE, at(8))
    assert counts(envelope.result.people) == {"regular": 1, "left": 1, "unreachable": 1}
    assert envelope.coverage.counted == 3


def test_running_totals(tables, at):
    # Looks: post 0 read; posts 1 and 2 together, one read; four opens too many, of which one
    # finds no post: posts unread for certain are none, so all three are dropped.
    tables.posts(4)
    tables.person("anna")
    tables.history("anna", (10, 5), (11, 6))
    tables.totals("anna", at(2.5), (13, 7), (at(0.5), (11, 6)), rounded=True)
    tables.totals("anna", at(3.5), (14, 11), (at(2.5), (13, 7)))
    tables.totals("anna", at(3.6), (2, 1), epoch=2)
    seen = tables.ask(COVERAGE, at(4)).result
    assert counts(seen.totals) == {
        "intervals": 3, "blocks": 1, "late_reads": 3, "not_placed": 3, "restarted": 1, "rounded": 1,
    }  # fmt: skip


def test_limits_of_the_sources(tables, at):
    tables.run(at(0), outcome="partial", reason="stopped")
    tables.run_stream("posts", at(0), outcome="unavailable", reason="the key may not read them")
    tables.run_stream(
        "subscriptions", at(0), quarantined=3, held_removals=40, without_totals=2,
        alarm="counters_all_zero",
    )  # fmt: skip
    tables.run_stream("signals", at(0), outcome="partial")
    tables.run_stream("lists", at(0), count_difference=-3, accepted_difference=-4)
    connections = [{"name": "other", "connector": "files"}]
    seen = tables.ask(COVERAGE, at(4), connections=connections).result
    assert [(limit.connection, limit.stream, limit.code) for limit in seen.limits] == [
        ("main", None, "stale"),
        ("main", "lists", "accepted_count"),
        ("main", "posts", "unavailable"),
        ("main", "signals", "not_complete"),
        ("main", "subscriptions", "not_measured"),
        ("main", "subscriptions", "quarantined"),
        ("main", "subscriptions", "held_removals"),
        ("main", "subscriptions", "without_totals"),
        ("other", None, "never_synced"),
    ]
