"""From beehiiv's rows to records. Pure: what depends on time takes the moment of the page."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor

import msgspec
from msgspec import Raw, Struct

from ..errors import ConfigurationError
from ..instants import EARLIEST, SECOND, Instant
from ..records import (
    Counters,
    Post,
    PostForm,
    PostStatus,
    Publication,
    Question,
    Signal,
    Subscription,
    SubscriptionStatus,
)
from ..rows import WrongRow
from .wire import (
    ABSENT,
    EmailStats,
    LeastSubscriptionRow,
    Loose,
    PollRow,
    PostRow,
    PublicationRow,
    Referral,
    ResponseRow,
    SubscriptionRow,
    SubscriptionStats,
    json_object,
    with_members,
)

STATUSES: Mapping[str, SubscriptionStatus] = {
    "active": "active",
    "inactive": "left",  # unsubscribed or suppressed; beehiiv does not say which
    "pending": "pending",
    "validating": "pending",
    "invalid": "bounced",  # an address that cannot be reached
    "paused": "paused",
    "needs_attention": "unknown",  # undocumented
}
_FORMS: Mapping[str, PostForm] = {"email": "email", "web": "web", "both": "both"}

_SUBSCRIPTION_KEYS = frozenset(SubscriptionRow.__struct_fields__)
_PUBLICATION_KEYS = frozenset(PublicationRow.__struct_fields__)
_POST_KEYS = frozenset(PostRow.__struct_fields__) - {
    "stats",
    "subject_line",
    "slug",
    "recipients",
}
_POLL_KEYS = frozenset({"id", "name", "question", "created_at", "total_responses", "stats"})


class _Attributes(Struct, omit_defaults=True, gc=False, kw_only=True):
    """What is kept of a subscription as attributes, in this order; empty ones are left out.

    Nothing that moves from week to week may stand here: every change is a new row of history.
    """

    custom_fields: Raw = ABSENT
    tags: Raw = ABSENT
    referrals: list[Referral] | None = None
    referral_code: str | None = None
    referring_site: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    stripe_customer_id: str | None = None
    subscription_premium_tier_names: Raw = ABSENT
    subscription_premium_tiers: Raw = ABSENT
    newsletter_list_ids: Raw = ABSENT


_encode_attributes = msgspec.json.Encoder().encode


def subscription(row: SubscriptionRow, unknown: Mapping[str, Raw] | None = None) -> Subscription:
    """A subscription; ``unknown`` are the keys that the wire model does not know."""
    attributes = _encode_attributes(
        _Attributes(
            custom_fields=row.custom_fields,
            tags=row.tags,
            referrals=row.referrals or None,
            referral_code=row.referral_code or None,
            referring_site=row.referring_site or None,
            utm_term=row.utm_term or None,
            utm_content=row.utm_content or None,
            stripe_customer_id=row.stripe_customer_id or None,
            subscription_premium_tier_names=row.subscription_premium_tier_names,
            subscription_premium_tiers=row.subscription_premium_tiers,
            newsletter_list_ids=row.newsletter_list_ids,
        )
    ).decode()
    stats = row.stats
    return Subscription(
        id=row.id,
        status=STATUSES.get(word(row.status), "unknown"),
        email=row.email or None,
        provider_status=row.status,
        joined_at=instant(row.created),
        tier=row.subscription_tier or None,
        channel=row.utm_channel or None,
        source=row.utm_source or None,
        medium=row.utm_medium or None,
        campaign=row.utm_campaign or None,
        attributes=with_members(attributes, unknown) if unknown else attributes,
        counters=None if stats is None else counters(stats),
    )


def least_subscription(row: LeastSubscriptionRow) -> Subscription:
    """How somebody stands of whom nothing else can be read."""
    return Subscription(
        id=row.id,
        status=STATUSES.get(word(row.status), "unknown"),
        email=row.email or None,
        provider_status=row.status,
        joined_at=instant(row.created),
        counters=None if row.stats is None else counters(row.stats),
    )


def word(status: str) -> str:
    """A word of beehiiv as it is compared: production sends some with capitals."""
    return status.strip().lower()


def unknown_keys(keys: Mapping[str, Raw]) -> dict[str, Raw]:
    """The keys of a subscription's row that the wire model does not know."""
    return {key: value for key, value in keys.items() if key not in _SUBSCRIPTION_KEYS}


def counters(stats: SubscriptionStats) -> Counters | None:
    """Lifetime totals: counts where they come, else recovered from rates; None if neither.

    The documented form gives received mails and rounded percentages. ``rounded`` is said of the
    opened mails, since reads are drawn from these. The live form's click rate is clicks per
    opened mail, in place of per received one.
    """
    received, opened = stats.total_received, stats.total_unique_opened
    clicked = stats.total_unique_clicked
    if received is not None and opened is not None and clicked is not None:
        return Counters(received, opened, clicked)
    if received is None:
        received = stats.emails_received
    if received is None:
        return None
    return _recovered(stats, received)


def _recovered(stats: SubscriptionStats, received: int) -> Counters | None:
    opened, open_rate = stats.total_unique_opened, stats.open_rate
    rate, base = stats.click_through_rate, received
    decimals = max(_decimals(open_rate), _decimals(rate))
    rounded = False
    if opened is None:
        if open_rate is None:
            return None
        opened = _nearest(open_rate, received)
        rounded = _is_vague(open_rate, decimals, received)
    if rate is None:
        rate, base = stats.click_rate, opened  # click-to-open
    clicked = stats.total_unique_clicked
    if clicked is None:
        clicked = _nearest(rate or 0, base)
    return Counters(received, opened, clicked, rounded)


def _nearest(rate: float, base: int) -> int:
    return min(base, round(base * rate / 100))


def _is_vague(rate: float, decimals: int, base: int) -> bool:
    """Whether more than one whole number out of ``base`` gives this percentage.

    It is off by at most half a unit of its last decimal, so the number is certain as long as
    base < 10 ** (decimals + 2), and for some rates beyond that.
    """
    if base < 10.0 ** (decimals + 2):
        return False
    half_unit = 0.5 / 10.0**decimals
    least = ceil(base * (rate - half_unit) / 100)
    most = floor(base * (rate + half_unit) / 100)
    return max(0, least) < min(base, most)


def _decimals(rate: float | None) -> int:
    """How many decimals the provider wrote; zeros at the end may have been dropped."""
    if rate is None or rate == int(rate):
        return 0
    return len(f"{rate!r}".partition(".")[2].partition("e")[0])


def publication(row: PublicationRow, keys: Mapping[str, Raw]) -> Publication:
    """A publication. Of the statistics, which change daily, only the head count is kept."""
    return Publication(
        id=row.id,
        name=row.name or row.id,
        created_at=instant(row.created),
        active_subscriptions=count(row.stats.active_subscriptions) if row.stats else None,
        extra=json_object(keys, without=_PUBLICATION_KEYS),
    )


def post(row: PostRow, keys: Mapping[str, Raw], page_moment: Instant) -> Post:
    """A post. Raises WrongRow for an unknown status, unless mails of it were delivered.

    The record says what beehiiv says, also where a post that was mailed stands as a draft or on
    the web by now: the store knows what was sent.
    """
    form = _FORMS.get(word(row.platform or "email"), "both")
    sent_at = instant(row.publish_date)
    figures = (row.stats.email if row.stats else None) or EmailStats()
    was_mailed = bool(count(figures.delivered))
    status = _post_status(row, sent_at, page_moment, was_mailed=was_mailed)
    if not was_mailed and (form == "web" or status != "sent"):
        figures = EmailStats()  # zeros of what was never mailed
    recipients = count(row.recipient_count)
    return Post(
        id=row.id,
        title=row.title or row.subject_line or row.slug or row.id,
        status=status,
        form=form,
        sent_at=sent_at,
        created_at=instant(row.created),
        web_url=row.web_url or None,
        audience=row.audience or None,
        delivered=count(figures.delivered),
        unique_opens=count(figures.unique_opens),
        unique_clicks=count(figures.unique_clicks),
        verified_clicks=count(figures.unique_verified_clicks),
        unsubscribes=count(figures.unsubscribes),
        list_id=row.newsletter_list_id or None,
        recipients=count(figures.recipients) if recipients is None else recipients,
        restricted=_is_restricted(row),
        extra=json_object(keys, without=_POST_KEYS),
    )


def _is_restricted(row: PostRow) -> bool | None:
    """Whether a post is for a part of the people alone. None: beehiiv shows neither."""
    if word(row.audience or "") == "premium":
        return True
    mailed_to = row.recipients.email if row.recipients else None
    if mailed_to is None:
        return None
    return any((mailed_to.tier_ids, mailed_to.include_segment_ids, mailed_to.exclude_segment_ids))


def _post_status(
    row: PostRow, sent_at: Instant | None, page_moment: Instant, *, was_mailed: bool
) -> PostStatus:
    """`confirmed` covers scheduled and sent posts; the date or the deliveries tell them apart."""
    status = word(row.status)
    if status == "draft":
        return "draft"
    if status == "archived":
        return "archived"
    if was_mailed:
        return "sent"
    if status != "confirmed":
        raise WrongRow("the post's `status` is unknown")
    return "sent" if sent_at is not None and sent_at <= page_moment else "scheduled"


def question(row: PollRow, keys: Mapping[str, Raw]) -> Question:
    """A poll."""
    labels = None if row.poll_choices is None else [c.label for c in row.poll_choices if c.label]
    return Question(
        id=row.id,
        kind="poll",
        name=row.name or row.question or row.id,
        text=row.question or None,
        choices=None if labels is None else msgspec.json.encode(labels).decode(),
        created_at=instant(row.created_at),
        responses=responses(row),
        extra=json_object(keys, without=_POLL_KEYS),
    )


def responses(row: PollRow) -> int | None:
    """How often a poll was answered, where beehiiv says it."""
    total = count(row.total_responses)
    return total if total is not None or row.stats is None else count(row.stats.completions)


def answer(row: ResponseRow, poll: str | None) -> Signal:
    """A poll answer: a deliberate act of a known person, at a known time, often in a known post."""
    return Signal(
        kind="poll",
        id=row.id,
        subscription_id=row.subscription_id or None,
        post_id=row.post_id or None,
        at=instant(row.created_at),
        question_id=poll,
        answer=row.poll_choice_label or None,
        text=row.extended_feedback or None,
    )


def require_own(row_id: str | None, publication_id: str) -> None:
    """Raise ConfigurationError if beehiiv answered with another publication than was asked for."""
    if row_id != publication_id:
        raise ConfigurationError(
            f"beehiiv answered with another publication than {publication_id}. Nothing was stored.",
            to_do="Check publication_id, key and base_url in the settings."
            " If all are right, report it.",
        )


def instant(seconds: float | None) -> Instant | None:
    """The instant of a time of beehiiv. Before 1990, it stands for none: there was no mail yet."""
    if seconds is None:
        return None
    moment = round(seconds * SECOND)
    return moment if moment >= EARLIEST else None


def count(value: Loose) -> int | None:
    """A whole number, or None where beehiiv sends ``false`` for one that it has not computed."""
    return None if value is None or isinstance(value, bool) else int(value)
