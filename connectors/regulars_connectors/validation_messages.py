"""Messages for invalid settings and report parameters. They leave out the values: these may be
secret."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

_LIST = "must be a list (write a repeatable section in [[…]])"
_SECTION = "must be a section with settings of its own"
_NUMBER = "must be a number"
_WHOLE_NUMBER = "must be a whole number"
_DATE = "must be a date, such as 2026-01-31"
_TIME = "must be a time of day, such as 07:30"
_DATE_TIME = "must be a date with its time, such as 2026-01-31T07:30:00Z"
_DURATION = "must be a duration, such as PT30M"
_ADDRESS = "must be an address, such as https://example.com"
_NOT_HERE = "has an invalid value"
# By the kind of error, as pydantic names it. In braces: what the error says about the model.
_IN_OUR_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing_size": "must be a smaller number",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "decimal_max_digits": "must be a number of at most {max_digits} digits",
    "decimal_max_places": "must be a number of at most {decimal_places} decimal places",
    "decimal_whole_digits": "must be a number of at most {whole_digits} digits before the point",
    "fraction_type": "must be a fraction, such as 1/3",
    "fraction_parsing": "must be a fraction, such as 1/3",
    "complex_type": _NUMBER,
    "complex_str_parsing": _NUMBER,
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "multiple_of": "must be a multiple of {multiple_of}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_type": "must be text, in quotes",
    "string_unicode": "must be text in UTF-8",
    "string_not_ascii": "must be text of plain letters, without accents",
    "string_too_short": "must be at least {min_length} characters long",
    "string_too_long": "must be at most {max_length} characters long",
    "string_pattern_mismatch": "must be of the form {pattern}",
    "bytes_type": "must be text, in quotes",
    "bytes_too_short": "must be at least {min_length} bytes long",
    "bytes_too_long": "must be at most {max_length} bytes long",
    "bytes_invalid_encoding": "must be text in {encoding}",
    "path_type": "must be text, the path of a file or folder",
    "path_not_file": "must be the path of an existing file",
    "path_not_directory": "must be the path of an existing folder",
    "path_exists": "must be the path of an existing folder",
    "path_not_exists": "must be a new path, and this one is taken",
    "path_not_socket": "must be the path of a socket",
    "too_short": "must list at least {min_length}",
    "too_long": "must list at most {max_length}",
    **dict.fromkeys(
        ("list_type", "tuple_type", "set_type", "frozen_set_type", "deque_type", "iterable_type"),
        _LIST,
    ),
    "iteration_error": "must be a list that can be read to its end",
    "set_item_not_hashable": "must be a list of plain values",
    **dict.fromkeys(
        (
            "model_type", "model_attributes_type", "dataclass_type", "dataclass_exact_type",
            "named_tuple_type", "dict_type", "frozen_dict_type", "ordered_dict_type",
            "counter_type", "mapping_type", "arguments_type",
        ),
        _SECTION,
    ),
    "union_tag_not_found": "lacks {discriminator}, which says its kind",
    "union_tag_invalid": "has an unknown {discriminator} (choose from {expected_tags})",
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        _DATE,
    ),
    "date_past": "must be a date in the past",
    "date_future": "must be a date to come",
    **dict.fromkeys(("time_type", "time_parsing"), _TIME),
    **dict.fromkeys(
        (
            "datetime_type", "datetime_parsing", "datetime_object_invalid",
            "datetime_from_date_parsing",
        ),
        _DATE_TIME,
    ),
    "datetime_past": "must be a moment in the past",
    "datetime_future": "must be a moment to come",
    "timezone_naive": "must be a time without a zone",
    "timezone_aware": "must name its time zone, such as 2026-01-31T07:30:00Z",
    "timezone_offset": "must be a time of another zone",
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), _DURATION),
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation"), _ADDRESS),
    "url_too_long": "must be at most {max_length} characters long",
    "url_scheme": "must be an address that begins with {expected_schemes}",
    **dict.fromkeys(("uuid_type", "uuid_parsing", "uuid_version"), "must be a UUID"),
    **dict.fromkeys(("json_type", "json_invalid"), "must be JSON"),
    "invalid_key": "has a key that is not text",
    "none_required": "must be left out",
}  # fmt: skip
# The words of whoever wrote the check, and how pydantic begins them.
_OF_THE_CHECK = {"value_error": "Value error, ", "assertion_error": "Assertion failed, "}
_SHORT_NAME = "must be small letters, digits and hyphens, such as field-notes"
_MOST_FAULTS = 5
_MOST_LISTED = 15


def describe(error: ValidationError, model: type[BaseModel], what: str = "setting") -> str:
    """The first faults, each with its place.

    model: what the values were to become, so that an unknown key gets its nearest known one.
    what: what the keys are called.
    """
    faults = error.errors(include_input=False, include_url=False)
    return _in_a_line(faults[:_MOST_FAULTS], model, what)


def describe_field(error: ValidationError, model: type[BaseModel], name: str) -> str | None:
    """The first fault of one field, with its place; None where that field has none."""
    faults = error.errors(include_input=False, include_url=False)
    own = [fault for fault in faults if fault["loc"][:1] == (name,)]
    return _in_a_line(own[:1], model, "setting") if own else None


def reason_of(fault: ErrorDetails) -> str:
    """What is wrong with the value of one fault, in words of ours: ``must be a whole number``."""
    kind = fault["type"]
    if kind in _OF_THE_CHECK:
        return fault["msg"].removeprefix(_OF_THE_CHECK[kind])
    if (words := _IN_OUR_WORDS.get(kind)) is not None:
        return words.format_map(fault.get("ctx", {}))
    # A check may name a kind of its own; what pydantic itself names beside these is no setting's.
    return _NOT_HERE if kind in get_args(ErrorType) else fault["msg"]


def _in_a_line(faults: Sequence[ErrorDetails], model: type[BaseModel], what: str) -> str:
    lines = []
    for fault in faults:
        said = _sentence(fault, model, what)
        lines.append(f"{_place(fault['loc']) or f'the {what}s'}: {said}")
    return "; ".join(lines) + "."


def hint_for(word: str, known: Iterable[str]) -> str:
    """The hint after an unknown ``word``: the nearest known one, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _sentence(fault: ErrorDetails, model: type[BaseModel], what: str) -> str:
    where = fault["loc"]
    if fault["type"] == "extra_forbidden":
        known = _known_in(model, where[:-1])
        hint = hint_for(str(where[-1]), known)
        if not hint and 0 < len(known) <= _MOST_LISTED:
            hint = f" (there are: {', '.join(known)})"
        return f"is not a {what}{hint}"
    if fault["type"] == "string_pattern_mismatch" and where[-1] == "name":
        return _SHORT_NAME
    return reason_of(fault)


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
    """The keys allowed at a place; none outside of nested models."""
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
