"""Normalised records: the same shapes for every provider.

All are frozen. Times are instants (microseconds, UTC, see ``instants``) and ``None`` if the
provider leaves them out. ``machine`` has three values: True, False and None for "not said".
Other fields of the provider travel as one JSON object in ``extra``.

The four shapes of reading evidence and the answers fit in two records:

1. timed events          -> Signal with ``at``
2. who, but not when     -> Signal without ``at``
3. running totals        -> Counters on a Subscription, dated by the page that showed them
4. webhooks              -> Hint (a later pull confirms it), or Signal if pulls lack it
5. answers               -> Signal of kind reply, comment, poll, survey or feedback
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from .instants import Instant

__all__ = [
    "Counters",
    "Day",
    "Departure",
    "Hint",
    "Letter",
    "ListStanding",
    "NewsletterList",
    "Post",
    "PostText",
    "Publication",
    "Quarantined",
    "Question",
    "Record",
    "Segment",
    "Signal",
    "Subscription",
]

SubscriptionStatus: TypeAlias = Literal[
    "active",  # receives the posts
    "pending",  # has not confirmed yet
    "paused",  # receives nothing for now, by their own wish
    "left",  # unsubscribed or complained
    "bounced",  # unreachable
    "removed",  # taken off by the writer or the provider
    "unknown",  # a word that nobody knows here: neither active nor left, so nobody can tell
]
PostStatus: TypeAlias = Literal["draft", "scheduled", "sent", "archived"]
PostForm: TypeAlias = Literal["email", "web", "both"]
SignalKind: TypeAlias = Literal[
    "send", "open", "click", "reply", "comment", "poll", "survey", "feedback"
]
SegmentStatus: TypeAlias = Literal[
    "completed",  # worked out, and kept up to date
    "inactive",  # worked out once, and out of date by now
    "partial",  # worked out, and shown up to a limit of the provider
    "processing",  # being worked out, or waiting for it
    "failed",  # the provider failed to work it out
    "unknown",  # the provider has no such segment, or uses a new value
]
LetterKind: TypeAlias = Literal[
    "human",  # a person wrote it, with words of their own or an attachment
    "human_empty",  # a person sent it, with nothing in it
    "auto_reply",
    "bounce",
    "complaint",
    "read_receipt",
    "reaction",
    "calendar_response",
    "unsubscribe_request",  # nothing but the wish to be taken off
    "forward",
    "list_mail",
    "machine_other",
    "unreadable",
    "own",  # the writer's
]
LetterClock: TypeAlias = Literal["server", "received", "sent", "file"]
ANSWER_KINDS: frozenset[str] = frozenset({"reply", "comment", "poll", "survey", "feedback"})


class Publication(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A newsletter as the provider describes it."""

    id: str
    name: str
    created_at: Instant | None = None
    active_subscriptions: int | None = None
    extra: str | None = None


class Post(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One edition, as the provider describes it. ``sent_at`` of a scheduled post is when it will be
    sent. What was sent once stays so in the store, also if it stands as a draft or on the web by
    now, unless ``delivered`` is 0 beside it: then the mailing failed.

    list_id: the list whose people alone it was for. recipients: to how many it went, or will go.
    restricted: whether it was for a part of the people alone, such as a tier or a segment.
    """

    id: str
    title: str
    status: PostStatus
    form: PostForm = "email"
    sent_at: Instant | None = None
    created_at: Instant | None = None
    web_url: str | None = None
    audience: str | None = None
    opens_tracked: bool | None = None
    delivered: int | None = None
    unique_opens: int | None = None
    unique_clicks: int | None = None
    verified_clicks: int | None = None
    unsubscribes: int | None = None
    list_id: str | None = None
    recipients: int | None = None
    restricted: bool | None = None
    extra: str | None = None


class Counters(msgspec.Struct, frozen=True, gc=False):
    """Lifetime totals of one subscription. ``rounded``: recovered from a rounded rate."""

    received: int
    opened: int
    clicked: int
    rounded: bool = False


class Subscription(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One address's standing. Key: ``id`` and ``spell`` (a source with a row per spell names it).

    ``email``, ``name``, ``referral_code``, ``referrals`` and ``attributes`` are personal data,
    which the store keeps apart. ``attributes`` is a JSON object of custom fields, tags and all
    else. ``counters`` is None if the provider leaves them out.
    """

    id: str
    status: SubscriptionStatus
    spell: str = ""
    email: str | None = None
    name: str | None = None
    provider_status: str | None = None
    joined_at: Instant | None = None
    left_at: Instant | None = None
    tier: str | None = None
    channel: str | None = None
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    attributes: str | None = None
    counters: Counters | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A poll, survey or one-click feedback that readers can answer. ``choices``: JSON list."""

    id: str
    kind: Literal["poll", "survey", "feedback"]
    name: str
    text: str | None = None
    choices: str | None = None
    created_at: Instant | None = None
    responses: int | None = None
    extra: str | None = None


class Signal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something reported about a send or a subscription.

    ``id`` is the provider's, unique within (connection, kind). A source without ids leaves it None,
    and all columns together are the key. ``answer`` is a label of the writer, such as a poll's
    choice. ``text`` is what the reader wrote, which the store keeps apart.
    """

    kind: SignalKind
    id: str | None = None
    subscription_id: str | None = None
    post_id: str | None = None
    at: Instant | None = None
    machine: bool | None = None
    url: str | None = None
    question_id: str | None = None
    answer: str | None = None
    text: str | None = None


class Day(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What happened to a publication's mails on one day of UTC, over all people.

    ``id``: unique within the connection. ``mail``: newsletters ("post") or other mails,
    such as automations ("message"). ``starts_at``: the day's first instant. The current day is
    partial.
    """

    id: str
    starts_at: Instant
    mail: Literal["post", "message"]
    opens: int | None = None
    unique_opens: int | None = None
    clicks: int | None = None
    unique_clicks: int | None = None
    verified_clicks: int | None = None
    unique_verified_clicks: int | None = None


class NewsletterList(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A list within a publication, with subscriptions of its own."""

    id: str
    name: str
    status: str
    created_at: Instant | None = None
    subscribers: int | None = None
    extra: str | None = None


class ListStanding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a subscription stands on one list, apart from the publication as a whole."""

    id: str
    list_id: str
    subscription_id: str
    status: SubscriptionStatus
    provider_status: str | None = None
    joined_at: Instant | None = None
    left_at: Instant | None = None


class Segment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A group of people at the provider, with the meaning that the owner gives it.

    Everybody in it did ``means`` with the post ``post_id``, at an unknown time. ``calculated_at``:
    when the provider last worked out who is in it.
    """

    id: str
    name: str
    status: SegmentStatus
    means: Literal["open", "click"]
    post_id: str
    calculated_at: Instant | None = None
    results: int | None = None


class Departure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When the owner of an address left, by an export of the list.

    The store looks for the address among the subscriptions of ``connector``, keeps the time with
    the one it finds, and drops the address.
    """

    email: str
    connector: str
    joined_at: Instant | None = None
    left_at: Instant | None = None


class Letter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One mail between a reader and the writer, without its words.

    Whatever could name somebody or quote somebody comes as keyed hashes (``keyed``), several
    of them with blanks between. ``id`` is that of the Message-ID, or of sender, date, subject and
    text where a mail has none.
    """

    id: str
    direction: Literal["in", "out"]
    kind: LetterKind
    rule: str
    arrived_at: Instant
    clock: LetterClock
    sent_at: Instant | None = None
    message_id: str | None = None
    correspondent: str | None = None
    canonical: str | None = None
    sender_certain: bool = False
    authenticated: bool | None = None
    recipients: int = 0
    to_writer: bool = False
    is_junk: bool = False
    is_list: bool = False
    is_answered: bool | None = None
    is_reply: bool = False
    parents: str | None = None
    returned: str | None = None
    tokens: str | None = None
    subjects: str | None = None
    topics: str | None = None
    links: str | None = None
    runs: str | None = None
    quoted_dates: str | None = None
    quoted_addresses: str | None = None
    own_words: str | None = None
    words: int = 0
    question: bool = False
    has_attachment: bool = False
    cut: str | None = None


class PostText(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What letters may show of a post: keyed hashes as in ``Letter``. ``id`` is the post's."""

    id: str
    subjects: str | None = None
    sender: str | None = None
    reply_address: str | None = None
    message_ids: str | None = None
    links: str | None = None
    runs: str | None = None


class Hint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A webhook reported a change. The next pull of ``stream`` confirms it."""

    stream: str
    id: str | None = None
    at: Instant | None = None


class Quarantined(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An unreadable row, which counts as seen. ``id``: if that much is readable."""

    reason: str
    id: str | None = None
    line: int | None = None


Record: TypeAlias = (
    Publication
    | Post
    | Subscription
    | Question
    | Signal
    | Day
    | NewsletterList
    | ListStanding
    | Segment
    | Departure
    | Letter
    | PostText
)
