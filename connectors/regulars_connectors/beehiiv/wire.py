"""beehiiv's JSON as it really comes: envelopes, rows, and the ways in which they differ.

Shapes grew several times in a year, so unknown keys are kept. Pages of subscriptions are many: a
strict model first reads each in one go. If that fails, something is new or wrong, and the page is
read again row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from ..bounds import MOST_ID_CHARS, said
from ..errors import InvalidResponse
from ..loose import LooseDecoder, Unread
from ..rows import keys_of, rest_of

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

ABSENT = Raw()
"""Stands for a key that did not come; written nowhere."""

Id = Annotated[str, Meta(min_length=1, max_length=MOST_ID_CHARS)]
_UNTIL = 253_402_300_799
UnixSeconds = Annotated[int, Meta(ge=0, le=_UNTIL)] | Annotated[float, Meta(ge=0, le=_UNTIL)]
"""Some objects write their times with decimals."""
Count = Annotated[int, Meta(ge=0, le=2**53)]
Rate = Annotated[float, Meta(ge=0)]
Loose = bool | Count | Annotated[float, Meta(ge=0, le=2**53)] | None
"""A number that may be ``false`` or absent: not computed."""


class Paging(Struct, gc=False):
    """Where the walk stands, in any of the layouts: cursor, numbered, flat or nested."""

    has_more: bool | None = None
    next_cursor: str | None = None
    total_results: Count | None = None
    page: Count | None = None
    total_pages: Count | None = None


class ListResponse(Struct, Generic[T]):
    """One answer to a list request."""

    data: list[T]
    has_more: bool | None = None
    next_cursor: str | None = None
    total_results: Count | None = None
    page: Count | None = None
    total_pages: Count | None = None
    pagination: Paging | None = None


class SubscriptionStats(Struct, gc=False):
    """Lifetime totals: live names first, then the documented ones. Raw clicks are not read."""

    total_received: Count | None = None
    total_unique_opened: Count | None = None
    total_unique_clicked: Count | None = None
    emails_received: Count | None = None
    open_rate: int | Rate | None = None
    click_rate: int | Rate | None = None
    click_through_rate: int | Rate | None = None


class Referral(Struct, gc=False):
    """Somebody whom this subscriber brought. The address is left out: it is another person's."""

    id: str | None = None
    status: str | None = None


class SubscriptionRow(Struct, gc=False, forbid_unknown_fields=True, kw_only=True):
    """A subscription with every key that is known; one more makes the page go row by row."""

    id: Id
    status: str
    email: str | None = None
    created: UnixSeconds | None = None
    subscription_tier: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_channel: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    referring_site: str | None = None
    referral_code: str | None = None
    stripe_customer_id: str | None = None
    custom_fields: Raw = ABSENT
    tags: Raw = ABSENT
    referrals: list[Referral] | None = None
    newsletter_list_ids: Raw = ABSENT
    subscription_premium_tier_names: Raw = ABSENT
    subscription_premium_tiers: Raw = ABSENT
    stats: SubscriptionStats | None = None


class LooseSubscriptionRow(SubscriptionRow, gc=False, forbid_unknown_fields=False, kw_only=True):
    """The same, where further keys are collected beside it."""


class LeastSubscriptionRow(Struct, gc=False, kw_only=True):
    """What counts by itself of a row of which more cannot be read."""

    id: Id
    status: str
    email: str | None = None
    created: UnixSeconds | None = None
    stats: SubscriptionStats | None = None


class PublicationStats(Struct, gc=False):
    """Only what is kept of it."""

    active_subscriptions: Loose = None


class PublicationRow(Struct, gc=False):
    """A publication."""

    id: Id
    name: str | None = None
    created: UnixSeconds | None = None
    stats: PublicationStats | None = None


class EmailStats(Struct, gc=False):
    """What the post's mailing did. ``verified`` counters are newer than the others."""

    recipients: Loose = None
    delivered: Loose = None
    unique_opens: Loose = None
    unique_clicks: Loose = None
    unique_verified_clicks: Loose = None
    unsubscribes: Loose = None


class PostStats(Struct, gc=False):
    """Statistics of a post; web figures and single links stay in ``extra``."""

    email: EmailStats | None = None


class MailedTo(Struct, gc=False):
    """Tiers and segments of the people to whom a post is mailed."""

    tier_ids: list[str] | None = None
    include_segment_ids: list[str] | None = None
    exclude_segment_ids: list[str] | None = None


class Recipients(Struct, gc=False):
    """Whom a post is for."""

    email: MailedTo | None = None


class PostRow(Struct, gc=False):
    """A post."""

    id: Id
    status: str
    title: str | None = None
    subject_line: str | None = None
    slug: str | None = None
    platform: str | None = None
    publish_date: UnixSeconds | None = None
    created: UnixSeconds | None = None
    web_url: str | None = None
    audience: str | None = None
    newsletter_list_id: str | None = None
    recipient_count: Loose = None
    recipients: Recipients | None = None
    stats: PostStats | None = None


class PollChoice(Struct, gc=False):
    """One possible answer."""

    label: str | None = None


class PollStats(Struct, gc=False):
    """How often the poll was answered, where ``total_responses`` is not given."""

    completions: Loose = None


class PollRow(Struct, gc=False):
    """A poll."""

    id: Id
    name: str | None = None
    question: str | None = None
    created_at: UnixSeconds | None = None
    poll_choices: list[PollChoice] | None = None
    total_responses: Loose = None
    stats: PollStats | None = None


class ResponseRow(Struct, gc=False):
    """One person's answer to a poll. The person is null once deleted."""

    id: Id
    subscription_id: str | None = None
    poll_choice_label: str | None = None
    created_at: UnixSeconds | None = None
    extended_feedback: str | None = None
    post_id: str | None = None


class DayRow(Struct, gc=False):
    """What happened to the publication's mails on one day of UTC."""

    date: str
    total_opens: Loose = None
    unique_opens: Loose = None
    total_clicks: Loose = None
    unique_clicks: Loose = None
    total_verified_clicks: Loose = None
    unique_verified_clicks: Loose = None


class ListRow(Struct, gc=False):
    """A newsletter list. The addresses it sends from are left out with the rest."""

    id: Id
    status: str
    name: str | None = None
    subscriber_count: Loose = None
    created_at: UnixSeconds | None = None


class ListStandingRow(Struct, gc=False):
    """A subscription to a list: the only rows of the API with a time of leaving."""

    id: Id
    newsletter_list_id: Id
    subscription_id: Id
    status: str
    subscribed_at: UnixSeconds | None = None
    unsubscribed_at: UnixSeconds | None = None
    created_at: UnixSeconds | None = None


class SegmentRow(Struct, gc=False):
    """A segment. ``last_calculated`` is null until it was worked out for the first time."""

    id: Id
    status: str
    name: str | None = None
    active: bool | None = None
    total_results: Loose = None
    last_calculated: UnixSeconds | None = None


class _Computed(Struct):
    computed_at: UnixSeconds | None = None


class _Sums(_Computed):
    stats: _Computed | None = None


class _Rights(Struct):
    scopes: list[str] | None = None
    permissions: list[str] | None = None


class _Permissions(Struct):
    data: list[str] | _Rights


class _Single(Struct):
    data: Raw


_FAST = msgspec.json.Decoder(ListResponse[SubscriptionRow])
_SLOW = LooseDecoder(ListResponse[Raw])
_SINGLE = msgspec.json.Decoder(_Single)
_PERMISSIONS = msgspec.json.Decoder(_Permissions)
_SUMS = msgspec.json.Decoder(_Sums)


def read_known(body: bytes) -> ListResponse[SubscriptionRow]:
    """A page of subscriptions in one go. Raises msgspec.DecodeError if a row is new or wrong."""
    return _FAST.decode(body)


def read_sheet(body: bytes, unread: Unread | None = None) -> ListResponse[Raw]:
    """A page of raw rows. Raises InvalidResponse naming the field that is missing or wrong.

    unread: counts what is left out of the page around the rows.
    """
    try:
        return _SLOW.decode(body, Counter() if unread is None else unread)
    except msgspec.ValidationError as error:
        raise InvalidResponse(
            f"A page of beehiiv lacks its promised form: {said(str(error))}."
        ) from None


def read_single(body: bytes) -> Raw:
    """The one row of an answer for a single thing."""
    try:
        return _SINGLE.decode(body).data
    except msgspec.ValidationError as error:
        raise InvalidResponse(
            f"An answer of beehiiv lacks its promised form: {said(str(error))}."
        ) from None


def read_computed_at(body: bytes) -> float | None:
    """When the sums of all posts were computed. None where the answer says it not, or otherwise."""
    try:
        sums = _SUMS.decode(_SINGLE.decode(body).data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return sums.computed_at or (sums.stats.computed_at if sums.stats else None)


def read_permissions(body: bytes) -> frozenset[str]:
    """The rights of a key, such as posts:read. Empty where the answer has another form."""
    try:
        data = _PERMISSIONS.decode(body).data
    except (msgspec.DecodeError, UnicodeDecodeError):
        return frozenset()
    found = data if isinstance(data, list) else (data.scopes or data.permissions or [])
    return frozenset(found)


def read_row(raw: Raw, decoder: LooseDecoder[S], unread: Unread) -> tuple[S, dict[str, Raw]]:
    """A row and all its keys. Raises msgspec.DecodeError, naming the field that is needed."""
    return decoder.decode(raw, unread), keys_of(raw)


def next_cursor(sheet: ListResponse[T]) -> str | None:
    """The cursor after this page, None after the last one. Raises InvalidResponse without one.

    The guide nests the keys under ``pagination``, live answers have them at the top.
    """
    place = sheet.pagination or sheet
    if place.has_more is False or _is_last_number(place):
        return None
    if place.has_more is None and not place.next_cursor:
        raise InvalidResponse("A page of beehiiv lacks `has_more`: more pages may follow or not.")
    if not place.next_cursor:
        raise InvalidResponse("A page of beehiiv says `has_more` but lacks `next_cursor`.")
    return place.next_cursor


def _is_last_number(place: Paging | ListResponse[T]) -> bool:
    """Whether the deprecated numbered layout came instead, and says that this was all."""
    if place.has_more is not None or place.page is None or place.total_pages is None:
        return False
    return place.page >= place.total_pages


def more_pages(sheet: ListResponse[T], number: int) -> bool | None:
    """Whether numbered pages follow, None if only the total says so. What came decides beside it.

    Raises InvalidResponse for a page that says neither.
    """
    place = sheet.pagination or sheet
    if place.total_pages is not None:
        return number < place.total_pages
    if place.has_more is None and place.total_results is None:
        raise InvalidResponse(
            "A page of beehiiv lacks `total_pages` and `total_results`: more may follow or not."
        )
    return place.has_more


def total_of(sheet: ListResponse[T]) -> int | None:
    """How many rows the whole list has, where it is said."""
    return (sheet.pagination or sheet).total_results


def json_object(keys: Mapping[str, Raw], *, without: frozenset[str]) -> str | None:
    """One JSON object of what is not modelled, keys sorted, values as they came."""
    rest = rest_of(keys, without=without)
    return "{" + ",".join(_member(key, raw) for key, raw in rest.items()) + "}" if rest else None


def with_members(text: str, keys: Mapping[str, Raw]) -> str:
    """``text``, a JSON object, with further members after its own, keys sorted."""
    further = ",".join(_member(key, keys[key]) for key in sorted(keys))
    return f"{text[:-1]}{',' if text != '{}' else ''}{further}}}"


def _member(key: str, raw: Raw) -> str:
    return f"{msgspec.json.encode(key).decode()}:{bytes(raw).decode()}"
