"""From Ghost's rows to records. Pure: whom they concern and what is left out comes as arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

import msgspec
from msgspec import Raw, Struct

from ..instants import Instant
from ..mail.post_texts import post_text as hashed_text
from ..records import (
    Post,
    PostForm,
    PostStatus,
    PostText,
    Publication,
    Signal,
    SignalKind,
    Subscription,
    SubscriptionStatus,
)
from ..rows import WrongRow, rest_of
from . import wire
from .wire import instant, instant_or_none

DELIVERED = "email_delivered_event"
OPENED = "email_opened_event"
CLICKED = "click_event"
RATED = "feedback_event"
COMMENTED = "comment_event"
KINDS: Mapping[str, SignalKind] = {
    DELIVERED: "send",
    OPENED: "open",
    CLICKED: "click",
    RATED: "feedback",
    COMMENTED: "comment",
}
MORE, LESS = "More like this", "Less like this"
"""The two answers to a post, as Ghost's own mails word them."""

_POST_STATUSES: Mapping[str, PostStatus] = {
    "published": "sent",
    "sent": "sent",  # by mail only
    "scheduled": "scheduled",
    "draft": "draft",
}
_UNSENT = ("draft", "scheduled")
# What moves from week to week would make a new row of history each time; links that unsubscribe
# somebody, payments and places on the map are nobody's business here; what Ghost lets somebody do
# is no word about them.
_MEMBER_KEYS = frozenset(wire.Member.__struct_fields__) | {
    "uuid", "geolocation", "subscribed", "updated_at", "subscriptions", "avatar_image", "comped",
    "email_count", "email_opened_count", "email_open_rate", "email_recipients", "last_seen_at",
    "attribution", "unsubscribe_url", "current_subscription", "can_comment", "commenting",
    "enable_comment_notifications", "enable_updates_and_announcements",
}  # fmt: skip


class _Attributes(Struct, omit_defaults=True, gc=False, kw_only=True):
    """What is kept of a member as attributes, in this order; empty ones are left out."""

    labels: list[str] | None = None
    note: str | None = None
    newsletters: list[str] | None = None
    tiers: list[str] | None = None
    attribution: dict[str, str] | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    more: dict[str, Raw] | None = None


class _PostExtra(Struct, omit_defaults=True, gc=False, kw_only=True):
    subject: str | None = None
    newsletter: str | None = None
    recipient_filter: str | None = None
    track_clicks: bool | None = None
    feedback_enabled: bool | None = None
    signups: int | None = None
    more_like_this: int | None = None
    less_like_this: int | None = None


def publication(site: wire.Site, members: int | None) -> Publication:
    """The site. Its id is the one that Ghost gave it, its address in versions that give none."""
    return Publication(id=site.site_uuid or site.url, name=site.title, active_subscriptions=members)


def post(row: wire.Post) -> Post:
    """A post with the figures of its mail. Raises WrongRow for an unknown status."""
    if row.status not in _POST_STATUSES:
        raise WrongRow("the post's `status` is unknown")
    mail = row.email if row.email and _has_gone_out(row.email) else None
    status = _status(row, mail)
    sent_at = mail.submitted_at if mail else None
    counts = row.count or wire.PostCounts()
    measured = mail if mail and not _is_unheard_of(mail) else None
    return Post(
        id=row.id,
        title=row.title or row.slug or row.id,
        status=status,
        form=_form(row, mail),
        sent_at=None if status == "draft" else instant_or_none(sent_at or row.published_at),
        created_at=instant_or_none(row.created_at),
        web_url=row.url if row.status == "published" else None,
        audience=row.visibility,
        opens_tracked=measured.track_opens if measured else (False if mail else None),
        # A count that was not kept is not zero. Zero says that the whole mailing failed.
        delivered=measured.delivered_count if measured else (0 if row.email and not mail else None),
        unique_opens=measured.opened_count if measured and measured.track_opens else None,
        unique_clicks=counts.clicks if mail and mail.track_clicks else None,
        extra=_post_extra(row, mail, counts),
    )


def post_text(row: wire.PostWords, key: bytes) -> PostText:
    """What letters may show of a post: its subjects, words and links, hashed with the key."""
    mail, newsletter = row.email, row.newsletter
    return hashed_text(
        row.id,
        key,
        subjects=(row.title, row.email_subject, mail.subject if mail else None),
        text=row.plaintext or "",
        links=(row.url,),
        sender=(mail.sender if mail else None) or (newsletter.sender_email if newsletter else None),
        reply_address=(mail.reply_to if mail else None)
        or (newsletter.sender_reply_to if newsletter else None),
    )


def _has_gone_out(mail: wire.EmailFacts) -> bool:
    """Whether anybody can have received it; a post whose whole mailing failed was never mailed."""
    return mail.status != "failed" or bool(mail.delivered_count)


def _is_unheard_of(mail: wire.EmailFacts) -> bool:
    """Whether Ghost has learned nothing of a mail since it went out.

    It asks the mail provider for deliveries and opens; where it may not, or not yet, all stay zero.
    """
    return mail.delivered_count == 0 and not mail.opened_count


def _status(row: wire.Post, mail: wire.EmailFacts | None) -> PostStatus:
    """What was mailed stays so, whether the post is taken back afterwards or planned anew."""
    if mail is not None:
        return "sent"
    # by mail only, and that failed: it has reached nobody, and Ghost offers to try again
    return "draft" if row.status == "sent" else _POST_STATUSES[row.status]


def _form(row: wire.Post, mail: wire.EmailFacts | None) -> PostForm:
    """Where it stands, or where a draft will stand as far as it is known."""
    if row.status == "sent":
        return "email"
    if mail is not None:
        return "both" if row.status == "published" else "email"
    return "both" if row.newsletter and row.status in _UNSENT else "web"


def _post_extra(
    row: wire.Post, mail: wire.EmailFacts | None, counts: wire.PostCounts
) -> str | None:
    extra = _PostExtra(newsletter=row.newsletter.slug if row.newsletter else None)
    if mail is not None:
        extra = _PostExtra(
            newsletter=extra.newsletter,
            subject=mail.subject if mail.subject != row.title else None,
            recipient_filter=mail.recipient_filter,
            track_clicks=mail.track_clicks,
            feedback_enabled=mail.feedback_enabled,
            signups=counts.signups,
            more_like_this=counts.positive_feedback,
            less_like_this=counts.negative_feedback,
        )
    text = msgspec.json.encode(extra).decode()
    return None if text == "{}" else text


def is_subscribed(row: wire.Member, newsletter: str | None) -> bool | None:
    """Whether the member gets ``newsletter`` (an id), or any if none is named. None: not said."""
    if row.newsletters is None:
        return None
    return any(newsletter in (None, letter.id) for letter in row.newsletters)


def subscription(
    row: wire.Member,
    keys: Mapping[str, Raw],
    newsletter: str | None,
    signup: wire.EventFacts | None,
    left_at: Instant | None,
    *,
    is_said: bool = True,
) -> Subscription:
    """A member's standing. left_at: when a member who gets nothing took it off.

    is_said: whether all that speaks of the standing could be read.
    """
    joined_at = instant_or_none(row.created_at)
    status, word, ended_at = _standing(row, newsletter, left_at)
    if not is_said:
        status, word, ended_at = "unknown", "not said", None
    came = (signup.attribution if signup else None) or wire.Attribution()
    signup = signup or wire.EventFacts(id="", created_at="")
    return Subscription(
        id=row.id,
        status=status,
        email=row.email or None,
        name=row.name or None,
        provider_status=word,
        joined_at=joined_at,
        left_at=ended_at,
        tier=row.status,
        channel=signup.source,
        source=signup.utm_source or came.referrer_source or None,
        medium=signup.utm_medium or came.referrer_medium or None,
        campaign=signup.utm_campaign or None,
        attributes=_attributes(row, keys, signup, came),
    )


def _standing(
    row: wire.Member, newsletter: str | None, left_at: Instant | None
) -> tuple[SubscriptionStatus, str, Instant | None]:
    subscribed = is_subscribed(row, newsletter)
    if subscribed is None:
        return "unknown", "not said", None
    if not subscribed:
        return "left", "unsubscribed", left_at
    suppression = row.email_suppression
    if suppression is None or not suppression.suppressed:
        return "active", "subscribed", None
    info = suppression.info or wire.SuppressionInfo()
    # a complaint is a way to leave
    status: SubscriptionStatus = "left" if info.reason == "spam" else "bounced"
    return status, f"suppressed: {info.reason or 'not said'}", instant_or_none(info.timestamp)


def _attributes(
    row: wire.Member,
    keys: Mapping[str, Raw],
    signup: wire.EventFacts,
    came: wire.Attribution,
) -> str | None:
    attributes = _Attributes(
        labels=sorted(label.name for label in row.labels) or None,
        note=row.note or None,
        newsletters=sorted(letter.name or letter.id for letter in row.newsletters or ()) or None,
        tiers=sorted(tier.name for tier in row.tiers) or None,
        attribution={key: str(value) for key, value in _named(came) if value} or None,
        utm_term=signup.utm_term or None,
        utm_content=signup.utm_content or None,
        more=rest_of(keys, without=_MEMBER_KEYS) or None,
    )
    text = msgspec.json.encode(attributes).decode()
    return None if text == "{}" else text


def _named(came: wire.Attribution) -> Iterator[tuple[str, str | None]]:
    yield "type", came.type
    yield "title", came.title
    yield "url", came.url
    yield "referrer_url", came.referrer_url


def mailing(row: wire.Recipient, posts: Mapping[str, str | None]) -> list[Signal]:
    """The send and the open that a recipient's row stands for. posts: by their mail's id."""
    post_id = (row.email.post_id if row.email else None) or posts.get(row.email_id)
    moments = (("send", row.delivered_at), ("open", row.opened_at))
    return [
        Signal(
            kind=KINDS[DELIVERED] if kind == "send" else KINDS[OPENED],
            id=row.id,
            subscription_id=row.member_id,
            post_id=post_id,
            at=instant(moment),
        )
        for kind, moment in moments
        if moment
    ]


def signal(event: wire.Event) -> Signal:
    """A reader's act, or a delivery. Its id is unique among its kind only."""
    facts = event.data
    kind = KINDS.get(event.type)
    if kind is None:
        raise WrongRow("an event of another type than requested")
    post_id = facts.post.id if facts.post else (facts.email.post_id if facts.email else None)
    return Signal(
        kind=kind,
        id=facts.id,
        subscription_id=facts.member_of,
        post_id=post_id,
        at=instant(facts.created_at),
        url=facts.link.to if facts.link else None,
        answer=_rating(facts) if kind == "feedback" else None,
        # what was hidden or taken back is counted, its words are not kept
        text=text_of(facts.html) if kind == "comment" and _is_shown(facts) else None,
    )


def _is_shown(facts: wire.EventFacts) -> bool:
    return facts.status in (None, "published")


def _rating(facts: wire.EventFacts) -> str:
    if facts.score not in (0, 1):
        raise WrongRow("the feedback's `score` is neither 0 nor 1")
    return MORE if facts.score else LESS


class _Text(HTMLParser):
    """Collects the text between the tags; what ends a line in HTML ends one here."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data.replace("\n", " "))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "li", "blockquote", "div"):
            self.parts.append("\n")


def text_of(html: str | None) -> str | None:
    """A comment's words without its tags, a line for each paragraph; None where there are none."""
    if not html:
        return None
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line) or None
