"""The Ghost connector: streams, walks, and what a sync does first and later.

The first sync takes deliveries and opens from a walk over the members, later ones from the timed
event feed; clicks, feedback and comments always come from the feed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from ..contract import (
    AvailablePublication,
    ConnectionSettings,
    Page,
    Preflight,
    Runtime,
    Stream,
    SyncState,
    Walk,
    WebhookEvent,
    WebhookRequest,
)
from ..registry import settings_of
from . import feed, mapping, members, webhooks
from .client import GhostClient
from .members import MAILED
from .posts import (
    LEAST_MEMBERS,
    mailings,
    members_at_once,
    newsletter_id,
    other_newsletters,
    post_texts,
    posts,
)
from .settings import GhostSettings

PUBLICATIONS = Stream("publications", "state", "publication")
POSTS = Stream("posts", "state", "posts")
POST_TEXTS = Stream("post_texts", "state", "texts of posts")
SUBSCRIPTIONS = Stream("subscriptions", "state", "members")
SIGNALS = Stream("signals", "events", "signals")

MAILED_BEFORE = "members"
"""The walk that stands for the history of deliveries and opens."""


class GhostConnector:
    """One site, or one newsletter of it."""

    name: ClassVar[str] = "ghost"
    Settings: ClassVar[type[ConnectionSettings]] = GhostSettings
    asked: ClassVar[tuple[str, ...]] = ("base_url", "admin_key")

    def __init__(self, settings: GhostSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._client = GhostClient(settings, runtime)

    @classmethod
    def discover(
        cls, options: Mapping[str, Any], runtime: Runtime
    ) -> Sequence[AvailablePublication]:
        """The site that the key opens. Raises the family of ``errors``."""
        settings: Any = settings_of(cls, options)
        client = GhostClient(settings, runtime)
        try:
            site = client.site().value
            return (
                AvailablePublication(
                    site.site_uuid or site.url, site.title, {}, client.count("members")
                ),
            )
        finally:
            client.close()

    def streams(self) -> Sequence[Stream]:
        """Posts before people and signals, so that what is signalled is known. Texts of posts are
        asked for where the publication has letters."""
        texts = (POST_TEXTS,) if self._runtime.correspondence is not None else ()
        return (PUBLICATIONS, POSTS, *texts, SUBSCRIPTIONS, SIGNALS)

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """One whole walk of states; of signals, one for each type of event.

        The newsletter in the settings is part of their names. How far one was read says nothing of
        another, so a changed setting reads everything again.
        """
        if stream.name != "signals":
            return (Walk(stream, "whole"),)
        later = tuple(self._since(kind, state) for kind in mapping.KINDS if kind not in MAILED)
        return (*self._mailed_walks(state), *later)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of ``walk``. Raises the family of ``errors``."""
        if walk.stream.name == "publications":
            yield self._publication_page()
            return
        newsletter = newsletter_id(self._client, self._settings.newsletter)
        match walk.stream.name:
            case "posts":
                yield from posts(self._client, newsletter, cursor)
            case "post_texts":
                letters = self._runtime.correspondence
                key = letters.key if letters is not None else b""
                yield from post_texts(self._client, newsletter, key, cursor)
            case "subscriptions":
                yield from members.subscriptions(self._client, newsletter, cursor)
            case "signals":
                others = other_newsletters(self._client, newsletter)
                yield from self._signals(walk, cursor, others)

    def preflight(self) -> Preflight:
        """Make a few requests, and say what a sync will meet: key, rights, version, clock, size."""
        from .preflight import preflight

        return preflight(self._client, self._settings)

    def verify_webhook(self, request: WebhookRequest) -> str:
        """An id for a delivery that Ghost signed. Raises WebhookRefused, FeatureUnavailable."""
        secrets = [one.get_secret_value() for one in self._settings.webhook_secret]
        return webhooks.verify(request, secrets, self._runtime.clock())

    def handle_webhook(self, body: bytes) -> WebhookEvent:
        """What a delivery means. Raises InvalidResponse."""
        return webhooks.read_event(body)

    def close(self) -> None:
        """End the connections. May be called twice."""
        self._client.close()

    def _publication_page(self) -> Page:
        got = self._client.site()
        newsletter = newsletter_id(self._client, self._settings.newsletter)
        there = "subscribed:true" if newsletter is None else f"newsletters.id:'{newsletter}'"
        record = mapping.publication(got.value, self._client.count("members", there))
        return Page((record,), None, got.fetched_at, total=1)

    def _mailed_walks(self, state: SyncState) -> Iterator[Walk]:
        """The history by members, where it is wanted and not too heavy; the feed otherwise."""
        at_first = self._parent(MAILED_BEFORE)
        before = state.checkpoints.get(("signals", at_first))
        fed = [self._since(kind, state) for kind in MAILED]
        wanted = state.full or (before is None and not any(walk.checkpoint for walk in fed))
        if wanted and members_at_once(mailings(self._client)):
            yield Walk(SIGNALS, "since", parent=at_first)
            return
        tops = members.read_tops(before) if before and not state.full else {}
        for kind, walk in zip(MAILED, fed, strict=True):
            last = max(filter(None, (walk.checkpoint, tops.get(kind))), default=None)
            yield replace(walk, checkpoint=last)

    def _since(self, kind: str, state: SyncState) -> Walk:
        parent = self._parent(kind)
        checkpoint = None if state.full else state.checkpoints.get(("signals", parent))
        return Walk(SIGNALS, "since", parent=parent, checkpoint=checkpoint)

    def _parent(self, kind: str) -> str:
        chosen = self._settings.newsletter
        return kind if chosen is None else f"{kind}/{chosen}"

    def _signals(
        self, walk: Walk, cursor: str | None, others: feed.OtherNewsletters
    ) -> Iterator[Page]:
        kind = (walk.parent or mapping.DELIVERED).partition("/")[0]
        if kind == MAILED_BEFORE:
            known = mailings(self._client)
            limit = members_at_once(known) or LEAST_MEMBERS
            yield from members.mailed(self._client, limit, known.posts, others, cursor)
        else:
            yield from feed.pages(self._client, kind, walk.checkpoint, cursor, others)
