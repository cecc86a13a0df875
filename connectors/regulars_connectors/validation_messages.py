"""What is wrong with values that a person wrote, in words and without the values: they may be
secret. For settings of the service and of connectors alike, and for parameters of reports."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

_IN_OUR_WORDS = {
    "tuple_type": "must be a list; a section that may be repeated stands in double brackets, [[…]]",
    "model_type": "must be a section with settings of its own",
    "path_type": "must be text, the path of a file or folder",
    "string_type": "must be text, in quotes",
}
_SHORT_NAME = "must be small letters, digits and hyphens, as in field-notes"
_MOST_FAULTS = 5
_MOST_LISTED = 15


def describe(error: ValidationError, model: type[BaseModel], what: str = "setting") -> str:
    """The first faults, each with its place.

    model: what the values were to become, so that an unknown key gets its nearest known one.
    what: what the keys are called.
    """
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    lines = []
    for fault in faults[:_MOST_FAULTS]:
        where = fault["loc"]
        said = _sentence(fault["type"], fault["msg"], where, model, what)
        lines.append(f"{_place(where) or f'the {what}s'}: {said}")
    return "; ".join(lines) + "."


def hint_for(word: str, known: Iterable[str]) -> str:
    """What to put behind the words that ``word`` is unknown: the nearest known one, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _sentence(
    kind: str, message: str, where: Sequence[int | str], model: type[BaseModel], what: str
) -> str:
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        known = _known_in(model, where[:-1])
        hint = hint_for(str(where[-1]), known)
        if not hint and 0 < len(known) <= _MOST_LISTED:
            hint = f" (there are: {', '.join(known)})"
        return f"is not a {what}{hint}"
    if kind == "string_pattern_mismatch" and where[-1] == "name":
        return _SHORT_NAME
    return _IN_OUR_WORDS.get(kind, message.removeprefix("Value error, "))


def _place(where: Sequence[int | str]) -> str:
    """``store.threads``; ``publications 2, widgets 1, colour``: counted as people count."""
    words = ""
    for before, part in zip(("", *where), where, strict=False):
        if isinstance(part, int):
            words += f" {part + 1}"
        elif words:
            words += f"{', ' if isinstance(before, int) else '.'}{part}"
        else:
            words = part
    return words


def _known_in(model: type[BaseModel], where: Sequence[int | str]) -> list[str]:
    """The keys that may stand at a place; none where it is not one of models within models."""
    here: type[BaseModel] | None = model
    parts = iter(part for part in where if isinstance(part, str))
    for part in parts:
        field = here.model_fields.get(part) if here is not None else None
        here = next(_models_in(field.annotation), None) if field is not None else None
        if field is not None and get_origin(field.annotation) is dict:
            next(parts, None)  # a key of the owner's own
    return [name for name, field in here.model_fields.items() if not field.exclude] if here else []


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
