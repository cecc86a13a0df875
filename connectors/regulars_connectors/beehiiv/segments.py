"""Segments that the settings name: the only evidence per person and post that the API has.

A segment such as "opened post P" is made in beehiiv's dashboard, and the API hides its rule. So you
say in the settings what it means. Its results are ids without times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import msgspec
from msgspec import Raw
from pydantic import BaseModel, ConfigDict, Field

from ..bounds import id_fault, said
from ..contract import Page, Stream, SyncState, Walk
from ..errors import CursorExpired, InvalidResponse, NotFound
from ..http import Got
from ..instants import Instant
from ..loose import LooseDecoder
from ..paging import FetchNumber, count_through
from ..records import Record, Segment, SegmentStatus, Signal
from ..rows import WrongRow
from . import mapping, wire
from .reading import Reading, RowMapper

SEGMENTS = Stream("segments", "state", "segments")
RESULTS = Stream("segment_results", "events", "results of segments")

_SEGMENT = LooseDecoder(wire.SegmentRow)
_ID = msgspec.json.Decoder(str)
_KINDS: Mapping[str, Literal["open", "click"]] = {"opened": "open", "clicked": "click"}
_STATUSES: Mapping[str, SegmentStatus] = {
    "completed": "completed",
    "pending": "processing",
    "processing": "processing",
    "failed": "failed",
}
_WITH_RESULTS = ("completed", "inactive", "partial")
MOST_PAGES = 100
"""beehiiv shows no numbered page after that: ten thousand people of a segment."""
_MOST_RESULTS = 100 * MOST_PAGES
_TROUBLE: Mapping[SegmentStatus, str] = {
    "inactive": "is no longer updated by beehiiv. Open it in the dashboard to wake it up.",
    "partial": f"has more than {_MOST_RESULTS:,} people, and beehiiv shows no more of them. Nothing"
    " follows about the others.",
    "processing": "is still being computed by beehiiv. Its earlier results stay.",
    "failed": "could not be computed by beehiiv. Its earlier results stay.",
}
Show = Callable[[str], Got[Raw]]


class SegmentMeaning(BaseModel):
    """What a segment of the dashboard means, which beehiiv's API leaves out."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    segment: str = Field(
        pattern=r"^seg_[A-Za-z0-9-]+$", description="the segment's id, seg_…, from its address"
    )
    means: Literal["opened", "clicked"] = Field(description="what its people did with the post")
    post: str = Field(pattern=r"^post_[A-Za-z0-9-]+$", description="the post's id, post_…")


def refuse_doubles(meanings: Sequence[SegmentMeaning]) -> None:
    """Raise ValueError when one segment is given two meanings."""
    ids = [meaning.segment for meaning in meanings]
    for segment in ids:
        if ids.count(segment) > 1:
            raise ValueError(f"{segment} is listed twice: give each segment one meaning")


def state_walks(meanings: Sequence[SegmentMeaning], state: SyncState) -> tuple[Walk, ...]:
    """One walk through the named segments, none where there never was one.

    The settings decide which segments exist, so one that they no longer name is gone at once.
    """
    if not meanings and not state.parents.get("segments"):
        return ()
    return (Walk(SEGMENTS, "whole", confirmed=True),)


def state_pages(meanings: Sequence[SegmentMeaning], show: Show, now: Instant) -> Iterator[Page]:
    """One page: how every named segment stands, and a notice for each that has no results."""
    records: list[Record] = []
    notices = []
    for meaning in meanings:
        segment, now = _look_at(meaning, show, now)
        records.append(segment)
        notices += _notices(segment)
    yield Page(records, None, now, total=len(records), notices=notices)


def _look_at(meaning: SegmentMeaning, show: Show, now: Instant) -> tuple[Segment, Instant]:
    try:
        got = show(meaning.segment)
    except NotFound:
        gone = Segment(
            id=meaning.segment,
            name=meaning.segment,
            status="unknown",
            means=_KINDS[meaning.means],
            post_id=meaning.post,
        )
        return gone, now
    try:
        row, _ = wire.read_row(got.value, _SEGMENT, Counter())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        asked = f"beehiiv's answer about the segment {meaning.segment}"
        raise InvalidResponse(f"{asked} lacks its promised form: {said(str(error))}.") from None
    if row.id != meaning.segment:
        raise InvalidResponse(
            f"beehiiv answered with another segment than {meaning.segment}, so it was ignored."
        )
    return _segment(row, meaning), got.fetched_at


def _segment(row: wire.SegmentRow, meaning: SegmentMeaning) -> Segment:
    status = _STATUSES.get(mapping.word(row.status), "unknown")
    if status == "completed" and row.active is False:
        status = "inactive"
    results = mapping.count(row.total_results)
    if status in _WITH_RESULTS and results is not None and results > _MOST_RESULTS:
        status = "partial"
    return Segment(
        id=meaning.segment,
        name=row.name or row.id,
        status=status,
        means=_KINDS[meaning.means],
        post_id=meaning.post,
        calculated_at=mapping.instant(row.last_calculated),
        results=results,
    )


def _notices(segment: Segment) -> list[str]:
    if segment.status == "completed":
        return []
    if segment.status == "unknown" and segment.name == segment.id:
        unknown = f"beehiiv knows no segment {segment.id}, which your settings name"
        return [f"{unknown}. Correct its id there, or remove it."]
    trouble = _TROUBLE.get(segment.status, "has an unknown status and is skipped.")
    return [f"The segment {said(segment.name)} ({segment.id}) {trouble}"]


def result_walks(
    meanings: Sequence[SegmentMeaning], show: Show, state: SyncState, now: Instant
) -> Iterator[Walk]:
    """A walk for each segment with results, unless they are the ones that were read last.

    The checkpoint is when it was computed and what it means: if either changes, it is read again.
    """
    for meaning in meanings:
        segment, _ = _look_at(meaning, show, now)
        if segment.status not in _WITH_RESULTS:
            continue
        checkpoint = f"{segment.calculated_at} {segment.means} {segment.post_id}"
        is_known = state.checkpoints.get((RESULTS.name, segment.id)) == checkpoint
        if state.full or segment.calculated_at is None or not is_known:
            yield Walk(RESULTS, "since", parent=segment.id, checkpoint=checkpoint)


def result_pages(
    fetch: FetchNumber, walk: Walk, cursor: str | None, now: Instant, *, limit: int
) -> Iterator[Page]:
    """Yield the results of one segment as signals. The cursor is "page <checkpoint>".

    Raises CursorExpired if it was computed again since: the page may hold others now, and the pages
    before it somebody new.
    """
    place = None
    if cursor is not None:
        place, _, of = cursor.partition(" ")
        if of != walk.checkpoint:
            raise CursorExpired("The segment was computed again since its results were read.")

    def fetch_shown(rows: int, number: int) -> tuple[Page, bool | None]:
        page, more = fetch(rows, number)
        # A total beyond the last page would only be asked for in vain.
        return (page, more) if number < MOST_PAGES else (replace(page, total=None), False)

    try:
        for page in count_through(fetch_shown, place, limit=limit):
            if page.cursor is None:
                yield replace(page, checkpoint=walk.checkpoint)
            else:
                yield replace(page, cursor=f"{page.cursor} {walk.checkpoint}")
    except NotFound:
        # Deleted since it was looked at: nothing more can come from it.
        yield Page((), None, now)


def mapper(walk: Walk) -> RowMapper:
    """From an id among the results of ``walk`` to a signal."""
    _, means, post_id = (walk.checkpoint or "").rsplit(" ", 2)
    kind: Literal["open", "click"] = "click" if means == "click" else "open"

    def to_record(raw: Raw, _reading: Reading) -> Record:
        subscription_id = _ID.decode(raw)
        if fault := id_fault(subscription_id):
            raise WrongRow(fault)
        return Signal(
            kind=kind,
            id=f"{walk.parent}/{subscription_id}",
            subscription_id=subscription_id,
            post_id=post_id,
        )

    return to_record
