"""Ghost's JSON as it really comes, in the lines 5 and 6. Only what is used is modelled.

Unknown keys are accepted. The mail's bodies, which every event repeats, are skipped while reading.
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from ..bounds import MOST_ID_CHARS, said
from ..errors import InvalidResponse
from ..instants import Instant, from_iso
from ..record_validation import FIRST_DAY, LAST_DAY
from ..rows import WrongRow

T = TypeVar("T")

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_ID_CHARS)]
Number = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Time = Annotated[str, msgspec.Meta(pattern=r"^[12]\d{3}-[01]\d-[0-3]\d(?:[T ]|$)")]
NOTHING = Raw(b"null")


class Pagination(Struct, gc=False):
    """How many rows answer the question; of events nothing else is said."""

    total: Number | None = None


class Meta(Struct, gc=False):
    pagination: Pagination = field(default_factory=Pagination)


class ListResponse(Struct, Generic[T]):
    """One answer to a list request."""

    rows: list[T]
    meta: Meta = field(default_factory=Meta)

    @property
    def total(self) -> int | None:
        """Rows that answer the question, those of this sheet included."""
        return self.meta.pagination.total


class Site(Struct, gc=False):
    title: str
    url: str
    version: str | None = None
    site_uuid: str | None = None


class Newsletter(Struct, gc=False):
    """A newsletter; where it is nested in a member, it comes without its slug."""

    id: Id
    name: str | None = None
    slug: str | None = None


class Named(Struct, gc=False):
    """A label or a tier."""

    name: str


class SuppressionInfo(Struct, gc=False):
    reason: str | None = None
    timestamp: Time | None = None


class Suppression(Struct, gc=False):
    suppressed: bool = False
    info: SuppressionInfo | None = None


class EmailFacts(Struct, gc=False, kw_only=True):
    """A post's mail, nested into every event, until 6.37 every recipient as well, with its text."""

    id: Id
    post_id: str | None = None
    newsletter_id: str | None = None
    status: str | None = None
    subject: str | None = None
    recipient_filter: str | None = None
    delivered_count: Number | None = None
    opened_count: Number | None = None
    track_opens: bool | None = None
    track_clicks: bool | None = None
    feedback_enabled: bool | None = None
    submitted_at: Time | None = None


class Recipient(Struct, gc=False, kw_only=True):
    """One mail to one member; delivered and opened, or not (yet)."""

    id: Id
    email_id: Id
    member_id: Id
    delivered_at: Time | None = None
    opened_at: Time | None = None
    email: EmailFacts | None = None


class Member(Struct, gc=False, kw_only=True):
    """A member. newsletters: None where they are not said."""

    id: Id
    created_at: Time | None = None
    status: str | None = None
    email: str | None = None
    name: str | None = None
    note: str | None = None
    labels: list[Named] = field(default_factory=list)
    tiers: list[Named] = field(default_factory=list)
    newsletters: list[Newsletter] | None = None
    email_suppression: Suppression | None = None


class Recipients(Struct, gc=False, kw_only=True):
    """A member, as asked for the mails sent to it."""

    id: Id
    email_recipients: list[Recipient] = field(default_factory=list)


class PostCounts(Struct, gc=False):
    clicks: Number | None = None
    signups: Number | None = None
    positive_feedback: Number | None = None
    negative_feedback: Number | None = None


class Post(Struct, gc=False, kw_only=True):
    id: Id
    status: str
    title: str | None = None
    slug: str | None = None
    published_at: Time | None = None
    created_at: Time | None = None
    visibility: str | None = None
    url: str | None = None
    newsletter: Newsletter | None = None
    email: EmailFacts | None = None
    count: PostCounts | None = None


class Sender(Struct, gc=False):
    """A newsletter, asked for where its mails come from and replies go."""

    id: Id
    sender_email: str | None = None
    sender_reply_to: str | None = None


class MailText(Struct, gc=False):
    """A post's mail, asked for what stood in its head."""

    id: Id
    newsletter_id: str | None = None
    subject: str | None = None
    sender: str | None = field(default=None, name="from")
    reply_to: str | None = None


class PostWords(Struct, gc=False, kw_only=True):
    """A post, asked for its words."""

    id: Id
    status: str
    title: str | None = None
    email_subject: str | None = None
    plaintext: str | None = None
    url: str | None = None
    newsletter: Sender | None = None
    email: MailText | None = None


class PostEmail(Struct, gc=False):
    """A post, asked for its mail only: whose it is, and how much members may repeat of it."""

    id: Id
    email: Raw = NOTHING


class Person(Struct, gc=False):
    """The member of an event; nearly empty once deleted."""

    id: str | None = None


class Link(Struct, gc=False):
    to: str | None = None


class PostName(Struct, gc=False):
    id: Id


class Attribution(Struct, gc=False, kw_only=True):
    id: str | None = None
    type: str | None = None
    url: str | None = None
    title: str | None = None
    referrer_source: str | None = None
    referrer_medium: str | None = None
    referrer_url: str | None = None


class EventFacts(Struct, gc=False, kw_only=True):
    """What an event says; which of it is there depends on its type."""

    id: Id
    created_at: str
    member_id: str | None = None
    member: Person | None = None
    post: PostName | None = None
    email: EmailFacts | None = None
    link: Link | None = None
    score: Number | None = None
    status: str | None = None
    html: str | None = None
    # of a person's coming and going
    subscribed: bool | None = None
    newsletter_id: str | None = None
    source: str | None = None
    signup: bool | None = None
    attribution: Attribution | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None

    @property
    def member_of(self) -> str | None:
        """The member's id, from wherever this type of event says it."""
        return self.member_id or (self.member.id if self.member else None)


class Event(Struct, gc=False):
    type: str
    data: EventFacts


class RawEvent(Struct, gc=False):
    type: str
    data: Raw


class Setting(Struct, gc=False):
    key: str
    value: Raw = NOTHING


_META = msgspec.json.Decoder(dict[str, Raw])
_ROWS = msgspec.json.Decoder(list[Raw])
_META_OF = msgspec.json.Decoder(Meta)
_SITE = msgspec.json.Decoder(Site)
_CODES = msgspec.json.Decoder(dict[str, list[dict[str, Raw]]])
_CODE: msgspec.json.Decoder[str | None] = msgspec.json.Decoder(str | None)


def read_sheet(body: bytes, name: str) -> ListResponse[Raw]:
    """The rows under ``name``. Raises InvalidResponse naming what is missing or wrong."""
    keys = _META.decode(body)
    if name not in keys:
        raise InvalidResponse(f"An answer of Ghost lacks `{name}`.")
    try:
        meta = _META_OF.decode(keys["meta"]) if "meta" in keys else Meta()
        return ListResponse(_ROWS.decode(keys[name]), meta)
    except msgspec.ValidationError as error:
        raise InvalidResponse(
            f"An answer of Ghost lacks its promised form: {said(str(error))}."
        ) from None


def read_site(body: bytes) -> Site:
    """The site. Raises InvalidResponse where it is something else."""
    keys = _META.decode(body)
    try:
        return _SITE.decode(keys["site"])
    except (msgspec.ValidationError, KeyError):
        raise InvalidResponse(
            "The answer for the site is not Ghost's. Is base_url right?"
        ) from None


def is_refusal(body: bytes) -> bool:
    """Whether a refusal is Ghost's own."""
    try:
        return bool(_CODES.decode(body).get("errors"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def refusal_code(body: bytes) -> str | None:
    """Ghost's own word for why it refused, such as INVALID_JWT."""
    try:
        return _CODE.decode(_CODES.decode(body)["errors"][0]["code"])
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError):
        return None


def instant(text: str) -> Instant:
    """A time of Ghost's: ISO, UTC. Raises WrongRow."""
    try:
        moment = from_iso(text)
    except (ValueError, OverflowError):
        raise WrongRow("a time is invalid") from None
    if not FIRST_DAY <= moment <= LAST_DAY:
        raise WrongRow("a time is outside the years 1 to 9999")
    return moment


def instant_or_none(text: str | None) -> Instant | None:
    """The same where it may be absent."""
    return instant(text) if text else None
