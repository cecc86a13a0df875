"""Faults in what a connector's calls return, in words for its author.

The service refuses a value with a fault, and the conformance checks list every fault, by the same
rules. Texts name fields and types. They leave values out, which may hold keys and addresses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from .bounds import MOST_ID_CHARS
from .contract import AvailablePublication, Page, Preflight, Stream, Walk, WebhookEvent
from .plugin_errors import is_line
from .record_validation import field_faults, half_character, is_sequence, time_fault
from .records import Hint, Question, Signal

_MEANINGS = (Hint, Signal, Question)


def sequence_fault(call: str, returned: Any) -> str | None:
    """The fault of a return value that must be a sequence."""
    return (
        None
        if is_sequence(returned)
        else f"{call} must return a sequence, not {_type_of(returned)}"
    )


def iterator_fault(returned: Any) -> str | None:
    """The fault of what ``pages()`` returned."""
    if hasattr(returned, "__iter__"):
        return None
    return f"pages() must return an iterator, not {_type_of(returned)}"


def stream_faults(returned: Any) -> Iterator[str]:
    """Faults of what ``streams()`` returned."""
    yield from _faults_of_each("streams()", returned, Stream)
    for stream in _those_of(returned, Stream):
        if isinstance(stream.label, str) and not is_line(stream.label):
            yield "Stream.label must be one line that can be printed"


def faults_of_several_streams(streams: Sequence[Stream]) -> Iterator[str]:
    """Faults of several streams together, each sound by itself."""
    names = [stream.name for stream in streams]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"streams() must return the stream {name} once, not twice"


def walk_faults(returned: Any, stream: Stream) -> Iterator[str]:
    """Faults of what ``walks()`` returned for ``stream``."""
    yield from _faults_of_each("walks()", returned, Walk)
    for walk in _those_of(returned, Walk):
        if walk.stream != stream:
            yield "Walk.stream must be the stream in the call"
        yield from _unkept(walk, "parent", "checkpoint")


def faults_of_several_walks(walks: Sequence[Walk], stream: Stream) -> Iterator[str]:
    """Faults of several walks together, each sound by itself."""
    parents = [walk.parent for walk in walks]
    if len(set(parents)) < len(parents):
        yield "walks() must return one walk below each parent, not two"
    if len(walks) > 1 and stream.kind == "state" and any(w.coverage == "whole" for w in walks):
        yield (
            "walks() must return a whole walk alone, since its rows count as all there are."
            " Return one walk of everything, or several windows"
        )


def page_faults(returned: Any) -> Iterator[str]:
    """Faults of what ``pages()`` yielded, except those of its records."""
    if not isinstance(returned, Page):
        yield f"pages() must yield Page objects, not {_type_of(returned)}"
        return
    yield from (f"Page.{fault}" for fault in field_faults(returned))
    yield from _unkept(returned, "cursor", "checkpoint")
    lists = is_sequence(returned.as_of) and is_sequence(returned.records)
    if lists and len(returned.as_of) not in (0, len(returned.records)):
        yield "Page.as_of must be empty or have an instant for each record"
    if fault := time_fault(returned.fetched_at):
        yield f"Page.fetched_at {fault}"


def preflight_faults(returned: Any) -> Iterator[str]:
    """Faults of what ``preflight()`` returned."""
    if isinstance(returned, Preflight):
        yield from (f"Preflight.{fault}" for fault in field_faults(returned))
    else:
        yield f"preflight() must return a Preflight, not {_type_of(returned)}"


def publication_faults(returned: Any, settings: Collection[str]) -> Iterator[str]:
    """Faults of what ``discover()`` returned. settings: the names that options may have."""
    yield from _faults_of_each("discover()", returned, AvailablePublication)
    for one in _those_of(returned, AvailablePublication):
        if one.id == "":
            yield "AvailablePublication.id is empty"
        if not set(settings).issuperset(one.options):
            yield "AvailablePublication.options must be settings of the connector"


def delivery_id_fault(returned: Any) -> str | None:
    """The fault of what ``verify_webhook()`` returned."""
    if not isinstance(returned, str):
        return f"verify_webhook() must return a text, not {_type_of(returned)}"
    if not returned or len(returned) > MOST_ID_CHARS or not is_line(returned):
        return f"verify_webhook() must return one line of at most {MOST_ID_CHARS} characters"
    return half_character(returned)


def webhook_faults(returned: Any) -> Iterator[str]:
    """Faults of what ``handle_webhook()`` returned."""
    if not isinstance(returned, WebhookEvent):
        yield f"handle_webhook() must return a WebhookEvent, not {_type_of(returned)}"
        return
    if fault := sequence_fault("WebhookEvent.meanings", returned.meanings):
        yield fault.replace(" return ", " be ")
        return
    if not isinstance(returned.event_type, str) or not is_line(returned.event_type):
        yield "WebhookEvent.event_type must be one line that can be printed"
    if returned.at is not None and (fault := time_fault(returned.at)):
        yield f"WebhookEvent.at {fault}"
    for one in returned.meanings:
        if isinstance(one, _MEANINGS):
            yield from (f"{_type_of(one)}.{fault}" for fault in field_faults(one))
        else:
            yield f"handle_webhook() must return hints, signals or questions, not {_type_of(one)}"


def _faults_of_each(call: str, returned: Any, kind: type) -> Iterator[str]:
    if fault := sequence_fault(call, returned):
        yield fault
        return
    for one in returned:
        if isinstance(one, kind):
            yield from (f"{kind.__name__}.{fault}" for fault in field_faults(one))
        else:
            yield f"{call} must return {kind.__name__} objects, not {_type_of(one)}"


def _those_of(returned: Any, kind: type) -> Iterator[Any]:
    return (one for one in returned if isinstance(one, kind)) if is_sequence(returned) else iter(())


def _unkept(returned: Any, *names: str) -> Iterator[str]:
    """Cursors and checkpoints that a file could not hold."""
    for name in names:
        if fault := half_character(getattr(returned, name)):
            yield f"{_type_of(returned)}.{name} {fault}"


def _type_of(returned: object) -> str:
    return type(returned).__name__
