"""What `regulars doctor` shows of a connection to beehiiv before its first sync."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import Literal

import msgspec

from ..contract import Finding, Preflight
from ..errors import AuthenticationFailed, ConnectorError, FeatureUnavailable, NotFound
from ..http import Got, Params, clock_findings, clock_skew
from ..loose import LooseDecoder
from ..rows import WrongRow
from . import days, mapping, segments, wire
from .refusals import why_refused

Ask = Callable[[str, Params], Got[bytes]]

_LISTS = (("posts", "posts"), ("subscriptions", "subscriptions"), ("polls", "polls"))
_PUBLICATION = LooseDecoder(wire.PublicationRow)


def preflight(
    ask: Ask,
    ask_permissions: Callable[[], Got[bytes]],
    publication_id: str,
    requests_per_minute: float,
    named: Sequence[segments.SegmentMeaning] = (),
) -> Preflight:
    """Four requests: the publication, then one row of each list; and two for each named segment.

    ask_permissions: what the key may do, asked once a list is refused.
    """
    try:
        got = ask("", ())
        row = _publication(got.value)
        if row is not None:
            mapping.require_own(row.id, publication_id)
    except ConnectorError as error:
        return Preflight([_trouble(error)])
    findings = [Finding("key", "ok", "beehiiv accepts the key and shows the publication.")]
    skew = clock_skew(got)
    findings += clock_findings(skew, "beehiiv")
    counts: dict[str, int | None] = {}
    for label, below in _LISTS:
        finding, counts[below] = _check_list(ask, ask_permissions, label, below)
        findings.append(finding)
    for meaning in named:
        findings += _check_segment(ask, meaning)
    begun = None if row is None else mapping.instant(row.created)
    requests = _requests(counts) + len(named) + days.requests_back_to(begun, got.fetched_at)
    return Preflight(findings, requests, requests * 60 / requests_per_minute, skew)


def _trouble(error: ConnectorError) -> Finding:
    if isinstance(error, AuthenticationFailed):
        return Finding("key", "error", error.happened, error.to_do)
    if isinstance(error, NotFound):
        return Finding(
            "publication",
            "error",
            "beehiiv knows no publication with this publication_id, or the key may not see it.",
            "Copy the publication id for API V2 from beehiiv's settings, beside the API keys.",
        )
    if isinstance(error, FeatureUnavailable):
        return Finding("publication", "error", error.happened, "Give the key the right to read.")
    return Finding("provider", "error", error.happened, error.to_do)


def _check_list(
    ask: Ask, ask_permissions: Callable[[], Got[bytes]], label: str, below: str
) -> tuple[Finding, int | None]:
    try:
        got = ask(f"/{below}", (("limit", "1"),))
        total = wire.total_of(wire.read_sheet(got.value))
    except FeatureUnavailable as error:
        # Without posts and people there is no newsletter to see.
        verdict: Literal["warning", "error"] = "warning" if below == "polls" else "error"
        return Finding(label, verdict, *why_refused(error, ask_permissions, below)), 0
    except ConnectorError as error:
        return Finding(label, "error", error.happened, error.to_do), None
    text = "They can be read." if total is None else f"{total:,} to read."
    return Finding(label, "ok", text), total


def _check_segment(ask: Ask, meaning: segments.SegmentMeaning) -> Iterator[Finding]:
    """Whether a segment and the post that it speaks of are there: both ids are typed by hand."""
    for what, below in (
        ("segment", f"/segments/{meaning.segment}"),
        ("post", f"/posts/{meaning.post}"),
    ):
        label = f"{what} {meaning.segment if what == 'segment' else meaning.post}"
        try:
            ask(below, ())
        except NotFound:
            yield Finding(
                label,
                "error",
                f"beehiiv knows no {what} with this id, which your settings name under segments.",
                "Correct the id there, or remove the segment.",
            )
        except ConnectorError as error:
            yield Finding(label, "warning", error.happened, error.to_do)
        else:
            yield Finding(label, "ok", "It is there.")


def _requests(counts: dict[str, int | None]) -> int:
    """One for the publication, the pages of each list, one a poll, the newsletter lists, and one
    for the age of statistics."""
    pages = sum(max(1, ceil((count or 0) / 100)) for count in counts.values())
    return 1 + pages + (counts.get("polls") or 0) + 1 + 1


def _publication(body: bytes) -> wire.PublicationRow | None:
    """The publication; None if it cannot be read, which a sync says in more words."""
    try:
        return wire.read_row(wire.read_single(body), _PUBLICATION, Counter())[0]
    except (msgspec.DecodeError, UnicodeDecodeError, WrongRow):
        return None
