"""beehiiv's rows and their traps: what becomes of subscriptions, posts, polls and answers."""

import json
from typing import Any

import msgspec
import pytest
from support.beehiiv_client import NOW, POLL, Beehiiv, cursor_page, person, sample

from regulars_connectors import (
    Counters,
    InvalidResponse,
    Post,
    Publication,
    Question,
    Record,
    Signal,
    Subscription,
    SyncState,
)
from regulars_connectors.beehiiv import mapping, wire
from regulars_connectors.instants import SECOND


def people(*rows: Any) -> list[Record]:
    return Beehiiv(subscriptions=cursor_page(list(rows))).records("subscriptions")


def one_person(**changes: Any) -> Subscription:
    (found,) = people(person(**changes))
    assert isinstance(found, Subscription)
    return found


def attributes(subscription: Subscription) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(subscription.attributes or "null")
    return found


# Subscriptions


def test_a_loyal_reader_of_the_sample() -> None:
    row = one_person()
    assert (row.id, row.status, row.provider_status) == (
        "sub_00000000-0000-4000-8000-000000000001",
        "active",
        "active",
    )
    assert row.email == "zoë.müller+news@example.org"
    assert row.joined_at == 1688169600 * SECOND
    assert (row.tier, row.channel, row.source, row.medium) == (
        "premium",
        "website",
        "twitter",
        "social",
    )
    assert row.counters == Counters(received=59, opened=51, clicked=22)
    assert row.left_at is None


def test_empty_texts_are_unknown() -> None:
    row = one_person(email="", utm_source="", utm_channel="", utm_medium="", utm_campaign="")
    assert (row.email, row.source, row.channel, row.medium, row.campaign) == (None,) * 5
    row = one_person(utm_source=None, utm_channel=None, subscription_tier="")
    assert (row.source, row.channel, row.tier) == (None, None, None)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("active", "active"),
        ("inactive", "left"),
        ("pending", "pending"),
        ("validating", "pending"),
        ("invalid", "bounced"),
        ("paused", "paused"),
        ("needs_attention", "unknown"),
        ("brand_new_word", "unknown"),
    ],
)
def test_every_status_has_a_place_and_keeps_its_word(word: str, status: str) -> None:
    row = one_person(status=word)
    assert (row.status, row.provider_status) == (status, word)


def test_words_hold_what_is_not_modelled_and_nothing_that_moves() -> None:
    referrals = [{"id": "sub_9", "email": "friend@example.org", "status": "active"}]
    row = one_person(referrals=referrals, utm_term="t", utm_content="c", stripe_customer_id="cus_1")
    assert attributes(row) == {
        "custom_fields": person()["custom_fields"],
        "tags": ["vip"],
        # The friend's address is the friend's, and leaves with the friend.
        "referrals": [{"id": "sub_9", "status": "active"}],
        "referral_code": "k3J9dQx1",
        "referring_site": "https://example.org/",
        "utm_term": "t",
        "utm_content": "c",
        "stripe_customer_id": "cus_1",
        "subscription_premium_tier_names": ["Gold"],
        "subscription_premium_tiers": person()["subscription_premium_tiers"],
        "newsletter_list_ids": [],
    }
    assert "stats" not in attributes(row)
    later = one_person(
        referrals=referrals,
        utm_term="t",
        utm_content="c",
        stripe_customer_id="cus_1",
        stats={"total_received": 99, "total_unique_opened": 98, "total_unique_clicked": 97},
    )
    assert later.attributes == row.attributes


def test_unknown_keys_are_kept_sorted_after_the_known() -> None:
    row = one_person(zebra={"stripes": [1, None]}, apple="ü")
    assert row.attributes is not None
    assert row.attributes.endswith(',"apple":"ü","zebra":{"stripes":[1,null]}}')
    plain = {"id": "sub_1", "status": "active", 'odd "key"': 1}
    (bare,) = people(plain)
    assert isinstance(bare, Subscription)
    assert bare.attributes == '{"odd \\"key\\"":1}'


def test_both_ways_of_reading_give_the_same_records() -> None:
    rows = [*sample("subscriptions")["data"], person(5, referrals=[{"id": "sub_1"}])]
    fast = people(*rows)
    # A single odd row sends the whole page the slow way.
    slow = people(*rows, {"id": 7})
    assert slow == fast
    assert [record.id for record in fast] == [row["id"] for row in rows]


def test_a_row_with_only_the_needed_keys_is_enough() -> None:
    (row,) = people({"id": "sub_1", "status": "active"})
    assert row == Subscription(
        id="sub_1", status="active", provider_status="active", attributes="{}"
    )


# Running totals


def totals(stats: Any) -> Counters | None:
    return one_person(stats=stats).counters


def test_the_live_form_gives_counts() -> None:
    live = {
        "total_sent": 230,
        "total_received": 228,
        "total_unique_opened": 217,
        "total_clicked": 400,
        "total_unique_clicked": 171,
        "open_rate": 95.18,
        "click_rate": 78.8,
    }
    assert totals(live) == Counters(received=228, opened=217, clicked=171)


def test_the_documented_form_gives_rounded_rates() -> None:
    documented = {"emails_received": 120, "open_rate": 2.5, "click_through_rate": 0}
    assert totals(documented) == Counters(received=120, opened=3, clicked=0)


def test_click_rate_is_of_opened_mails() -> None:
    mixed = {"total_received": 228, "total_unique_opened": 217, "click_rate": 78.8}
    assert totals(mixed) == Counters(received=228, opened=217, clicked=171)


@pytest.mark.parametrize("stats", [None, {}, {"open_rate": 50.0}, {"emails_received": 10}])
def test_missing_totals_are_not_measured(stats: Any) -> None:
    assert totals(stats) is None


def test_a_person_without_the_key_has_no_totals() -> None:
    row = person()
    del row["stats"]
    (found,) = people(row)
    assert isinstance(found, Subscription)
    assert found.counters is None


def test_totals_of_zero_are_zero_here() -> None:
    zero = {"total_received": 0, "total_unique_opened": 0, "total_unique_clicked": 0}
    assert totals(zero) == Counters(0, 0, 0)


def test_unknown_totals_are_passed_over() -> None:
    stats = person()["stats"] | {"total_dreams": 3}
    row = one_person(stats=stats)
    assert row.counters == Counters(59, 51, 22)
    assert "dreams" not in (row.attributes or "")


@pytest.mark.parametrize(("decimals", "limit"), [(2, 10_000), (1, 1_000), (0, 100)])
def test_rates_give_exact_counts_up_to_their_decimals(decimals: int, limit: int) -> None:
    for received in (limit - 1, limit // 2 + 1, 7):
        for opened in range(0, received + 1, max(1, received // 37)):
            rate: float = round(100 * opened / received, decimals)
            if decimals == 0:
                rate = int(rate)
            stats = wire.SubscriptionStats(emails_received=received, open_rate=rate)
            stats.click_through_rate = 0
            found = mapping.counters(stats)
            assert found is not None
            assert found.opened == opened
            exact_as_written = received < 10 ** (2 + mapping._decimals(rate))
            assert not (found.rounded and exact_as_written)


@pytest.mark.parametrize(("rate", "received"), [(33.33, 30_000), (33.3, 3_000), (33, 300)])
def test_beyond_its_decimals_a_count_is_marked_rounded(rate: float, received: int) -> None:
    found = totals({"emails_received": received, "open_rate": rate, "click_through_rate": 0.0})
    assert found is not None
    assert found.rounded


def test_a_rate_over_a_hundred_is_cut_to_all() -> None:
    found = totals({"emails_received": 10, "open_rate": 130.0, "click_through_rate": 0})
    assert found is not None
    assert found.opened == 10


# Wrong rows


@pytest.mark.parametrize(
    ("row", "reason", "known_id"),
    [
        ({"id": person(2)["id"]}, "missing required field `status`", 2),
        (person(2, status=None), "at `$.status`", 2),
        (person(2, id=17), "at `$.id`", None),
        ({"status": "active"}, "missing required field `id`", None),
        ("not a row", "Expected `object`", None),
        (None, "Expected `object`", None),
    ],
)
def test_a_wrong_row_is_set_aside_and_the_others_are_kept(
    row: Any, reason: str, known_id: int | None
) -> None:
    client = Beehiiv(subscriptions=cursor_page([person(1), row, person(3)]))
    (page,) = client.pages("subscriptions")
    assert [record.id[-1] for record in page.records if record.id] == ["1", "3"]
    (quarantined,) = page.quarantined
    assert reason in quarantined.reason
    assert quarantined.id == (person(2)["id"] if known_id else None)
    assert "zoë" not in quarantined.reason


def test_a_page_of_nothing_but_wrong_rows_is_a_changed_shape() -> None:
    rows = [{"id": "sub_1"}, {"id": "sub_2"}]
    with pytest.raises(InvalidResponse, match="missing required field `status`"):
        people(*rows)


def test_bytes_that_are_no_text_spoil_one_field_only() -> None:
    body = json.dumps(cursor_page([person(1), person(2, tags=["XX"]), person(3)])).encode()
    client = Beehiiv(subscriptions=httpx_body(body.replace(b'"XX"', b'"\xff"')))
    (page,) = client.pages("subscriptions")
    assert len(page.records) == 3
    assert dict(page.unread) == {"tags": 1}
    odd = page.records[1]
    assert isinstance(odd, Subscription)
    assert "tags" not in attributes(odd)
    assert odd.email == person(2)["email"]


def httpx_body(body: bytes) -> Any:
    import httpx

    return httpx.Response(200, content=body)


# Publications


def test_a_publication_keeps_its_head_count() -> None:
    (found,) = Beehiiv(publication=sample("publication")).records("publications")
    assert isinstance(found, Publication)
    assert (found.name, found.active_subscriptions) == ("Le Café ☕ Weekly", 10234)
    assert json.loads(found.extra or "") == {
        "organization_name": "Café Média",
        "referral_program_enabled": False,
    }


@pytest.mark.parametrize("stats", [{"active_subscriptions": False}, {}, None])
def test_a_figure_that_was_not_computed_is_unknown(stats: Any) -> None:
    row = sample("publication")
    row["data"]["stats"] = stats
    (found,) = Beehiiv(publication=row).records("publications")
    assert isinstance(found, Publication)
    assert found.active_subscriptions is None


# Posts


def posts(*rows: Any) -> list[Post]:
    sheet = {"data": list(rows), "limit": 100, "page": 1, "total_pages": 1}
    return [post for post in Beehiiv(posts=sheet).records("posts") if isinstance(post, Post)]


def one_post(**changes: Any) -> Post:
    (found,) = posts(sample("posts")["data"][0] | changes)
    return found


def test_the_four_posts_of_the_sample() -> None:
    sent, draft, scheduled, web = posts(*sample("posts")["data"])
    assert [post.status for post in (sent, draft, scheduled, web)] == [
        "sent",
        "draft",
        "scheduled",
        "sent",
    ]
    assert [post.form for post in (sent, draft, scheduled, web)] == ["both", "both", "email", "web"]
    assert (sent.delivered, sent.unique_opens, sent.unique_clicks) == (10190, 4719, 640)
    assert (sent.verified_clicks, sent.unsubscribes) == (251, 12)
    assert sent.sent_at == 1790744400 * SECOND
    assert (draft.sent_at, draft.delivered, draft.web_url) == (None, None, None)
    assert scheduled.sent_at == 1893456000 * SECOND
    assert web.delivered is None


@pytest.mark.parametrize(("seconds", "status"), [(0, "sent"), (1, "scheduled")])
def test_confirmed_is_sent_once_its_date_has_come(seconds: int, status: str) -> None:
    assert one_post(publish_date=NOW // SECOND + seconds, stats=None).status == status


@pytest.mark.parametrize(
    "stats", [None, {"email": {"delivered": 0}}, {"email": {"delivered": "?"}}]
)
def test_confirmed_without_date_and_deliveries_is_not_sent(stats: Any) -> None:
    found = one_post(publish_date=None, stats=stats)
    assert (found.status, found.sent_at) == ("scheduled", None)


@pytest.mark.parametrize("date", [None, 0, NOW // SECOND + 1, "2026"])
@pytest.mark.parametrize("word", ["confirmed", "sent", "Published", ""])
def test_deliveries_prove_that_a_post_was_sent(date: Any, word: str) -> None:
    found = one_post(publish_date=date, status=word)
    assert (found.status, found.delivered) == ("sent", 10190)


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"title": None}, "Issue 60 📰"),
        ({"title": ""}, "Issue 60 📰"),
        ({"title": 60, "subject_line": None}, "issue-60"),
        (
            {"title": None, "subject_line": "", "slug": None},
            "post_00000000-0000-4000-8000-00000000b001",
        ),
    ],
)
def test_a_post_without_a_title_is_called_by_what_it_has(changes: Any, title: str) -> None:
    assert one_post(**changes).title == title


def test_a_web_post_with_mailing_figures_of_zero_was_not_mailed() -> None:
    zero = {"email": {"recipients": 0, "delivered": 0, "unique_opens": 0}, "web": {"views": 3}}
    found = one_post(platform="web", stats=zero)
    assert (found.form, found.delivered, found.unique_opens) == ("web", None, None)


@pytest.mark.parametrize("stats", [None, {}, {"web": {"views": 1}}, {"email": None}])
def test_a_post_without_figures_is_not_measured(stats: Any) -> None:
    found = one_post(stats=stats)
    assert (found.delivered, found.unique_opens, found.verified_clicks) == (None, None, None)


def test_older_figures_lack_verified_clicks() -> None:
    found = one_post(stats={"email": {"delivered": 5, "unique_clicks": False}})
    assert (found.delivered, found.unique_clicks, found.verified_clicks) == (5, None, None)


def test_the_rest_of_a_post_is_kept() -> None:
    rest = json.loads(one_post(web_targets=[{"tier": "free"}]).extra or "")
    assert rest["subject_line"] == "Issue 60 📰"
    assert rest["web_targets"] == [{"tier": "free"}]
    assert rest["stats"]["web"] == {"views": 830, "clicks": 41}
    assert not {"id", "title", "status", "publish_date"} & set(rest)


def test_a_post_whose_status_is_not_known_is_set_aside() -> None:
    rows = [sample("posts")["data"][0], sample("posts")["data"][1] | {"status": "melted"}]
    client = Beehiiv(posts={"data": rows, "page": 1, "total_pages": 1})
    (page,) = client.pages("posts")
    assert len(page.records) == 1
    assert page.quarantined[0].id == rows[1]["id"]
    assert "`status`" in page.quarantined[0].reason


# Polls and their answers


def test_polls_are_questions() -> None:
    first, second = Beehiiv(polls=sample("polls")).records("questions")
    assert first == Question(
        id=POLL,
        kind="poll",
        name="Issue 60",
        text="How was this issue?",
        choices='["Loved it","Meh"]',
        created_at=1790740000 * SECOND,
        responses=2,
        extra=first.extra if isinstance(first, Question) else None,
    )
    assert isinstance(second, Question)
    assert (second.text, second.responses, second.choices) == (None, 0, "[]")
    assert "stats" not in json.loads(second.extra or "")
    assert "vote_counts" not in str(first)


def test_a_poll_without_a_total_is_counted_by_its_statistics() -> None:
    row = sample("polls")["data"][0]
    del row["total_responses"]
    (found,) = Beehiiv(polls=cursor_page([row])).records("questions")
    assert isinstance(found, Question)
    assert found.responses == 2


def answers_of(body: Any) -> list[Record]:
    client = Beehiiv(polls=sample("polls"), polls_responses=body)
    (walk,) = client.walks("signals", SyncState())
    return [record for page in client.connectors[-1].pages(walk) for record in page.records]


def test_poll_answers_are_signals() -> None:
    first, second = answers_of(sample("poll_responses"))
    assert first == Signal(
        kind="poll",
        id="00000000-0000-4000-8000-00000000e001",
        subscription_id="sub_00000000-0000-4000-8000-000000000001",
        post_id="post_00000000-0000-4000-8000-00000000b001",
        at=1790751122 * SECOND,
        question_id=POLL,
        answer="Loved it",
        text="Bitte mehr davon 🙏",
    )
    # A deleted person's answer stays, without the person.
    assert isinstance(second, Signal)
    assert (second.subscription_id, second.post_id, second.text) == (None, None, None)
    assert second.answer == "Meh"


def test_one_poll_may_stand_in_several_posts() -> None:
    row = sample("poll_responses")["data"][0]
    found = answers_of(cursor_page([row, row | {"id": "b", "post_id": "post_2"}]))
    assert {signal.post_id for signal in found if isinstance(signal, Signal)} == {
        row["post_id"],
        "post_2",
    }


def test_records_can_be_compared_and_encoded() -> None:
    assert msgspec.json.encode(one_person()).startswith(b'{"id":"sub_')


# For whom a post was


@pytest.mark.parametrize(
    ("changes", "list_id", "recipients"),
    [
        ({}, None, 10234),
        ({"newsletter_list_id": "nl_list_1"}, "nl_list_1", 10234),
        ({"newsletter_list_id": "", "recipient_count": 97}, None, 97),
        ({"recipient_count": False}, None, 10234),
        ({"recipient_count": None, "stats": None}, None, None),
        ({"status": "draft", "publish_date": None, "stats": None, "recipient_count": 55}, None, 55),
    ],
)
def test_a_post_says_for_whom_it_was(
    changes: Any, list_id: str | None, recipients: int | None
) -> None:
    found = one_post(**changes)
    assert (found.list_id, found.recipients) == (list_id, recipients)
