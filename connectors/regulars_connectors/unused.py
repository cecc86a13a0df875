"""What an import leaves unused, as facts, and as sentences for the owner. Nothing goes in silence.

Facts name files and columns, never what stands in a cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from .contract import Unused, UnusedWhy
from .plural import pluralize

MOST_SHOWN = 10


def sentences(facts: Iterable[Unused]) -> list[str]:
    """What the owner should know, files of one kind together."""
    by_why: dict[UnusedWhy, list[Unused]] = {}
    for fact in facts:
        by_why.setdefault(fact.why, []).append(fact)
    unreadable = by_why.get("unreadable", [])
    said = [f"{fact.name} was left out: {fact.detail}." for fact in unreadable[:MOST_SHOWN]]
    said += _rest(unreadable, "left out too")
    if empty := by_why.get("empty"):
        said.append(f"{_files(empty)} without a row {_say(empty)} nothing: {_names(empty)}.")
    if same := by_why.get("same"):
        said.append(f"{_files(same)} {_was(same)} read once, as equal: {_names(same)}.")
    if unmatched := by_why.get("unmatched"):
        said.append(f"{_files(unmatched)} {_was(unmatched)} read by no table: {_names(unmatched)}.")
    if leftovers := by_why.get("leftover"):
        said.append(
            f"{_files(leftovers)} that a computer leaves behind {_was(leftovers)} passed over:"
            f" {_names(leftovers)}."
        )
    said += _columns(by_why.get("columns", []))
    said += _encodings(by_why.get("encoding", []))
    if rejected := by_why.get("rejected"):
        lists = [fact.detail for fact in rejected]
        said.append(f"Rejected rows are listed in {shown(lists)}.")
    return said


def shown(names: Sequence[str]) -> str:
    """Names one after the other, with the count of those that would be too many to read."""
    more = len(names) - MOST_SHOWN
    listed = ", ".join(names[:MOST_SHOWN])
    return f"{listed} and {more:,} more" if more > 0 else listed


def _columns(facts: Sequence[Unused]) -> list[str]:
    """Files with the same unread columns are told together."""
    by_columns: dict[tuple[str, ...], list[Unused]] = {}
    for fact in facts:
        by_columns.setdefault(fact.columns, []).append(fact)
    said = [
        f"Columns that nothing reads in {_named_or_counted(found)}: {shown(columns)}."
        for columns, found in by_columns.items()
    ]
    rest = len(said) - MOST_SHOWN
    more = [f"{pluralize(rest, 'more kind')} of file have columns that nothing reads."]
    return said[:MOST_SHOWN] + (more if rest > 0 else [])


def _encodings(facts: Sequence[Unused]) -> list[str]:
    by_encoding: dict[str, list[Unused]] = {}
    for fact in facts:
        by_encoding.setdefault(fact.detail, []).append(fact)
    return [
        f"Read as {encoding}, because it is not UTF-8: {_names(found)}."
        " If letters look wrong, save the file as CSV in UTF-8 and import it again."
        for encoding, found in by_encoding.items()
    ]


def sentences_on_rows(facts: Sequence[Unused]) -> list[str]:
    """What the owner should know of rows, once all of them were read."""
    said = _rows([fact for fact in facts if fact.why == "passed_over"], "passed over")
    return said + _rows([fact for fact in facts if fact.why == "refused"], "rejected")


def _rows(facts: Sequence[Unused], what: str) -> list[str]:
    """Rows that were left out, by their reasons. Files with the same reasons are told together."""
    reasons: dict[str, Counter[str]] = {}
    for fact in facts:
        reasons.setdefault(fact.name, Counter())[fact.detail] += fact.number
    alike: dict[frozenset[str], list[str]] = {}
    for name, counted in reasons.items():
        alike.setdefault(frozenset(counted), []).append(name)
    said = []
    for names in alike.values():
        counted = sum((reasons[name] for name in names), Counter[str]())
        why = shown([f"{reason} ({number:,})" for reason, number in counted.most_common()])
        rows = pluralize(counted.total(), "row")
        were = "was" if counted.total() == 1 else "were"
        said.append(f"{rows} of {_one_or_counted(names)} {were} {what}: {why}.")
    rest = len(said) - MOST_SHOWN
    more = [f"Rows of {pluralize(rest, 'more file')} were {what}."]
    return said[:MOST_SHOWN] + (more if rest > 0 else [])


def _named_or_counted(facts: Sequence[Unused]) -> str:
    return _one_or_counted([fact.name for fact in facts])


def _one_or_counted(names: Sequence[str]) -> str:
    if len(names) <= 2:
        return shown(names)
    return f"{names[0]} and {pluralize(len(names) - 1, 'file')} like it"


def _rest(facts: Sequence[Unused], what: str) -> list[str]:
    more = len(facts) - MOST_SHOWN
    if more <= 0:
        return []
    names = shown([fact.name for fact in facts[MOST_SHOWN:]])
    return [f"{pluralize(more, 'file')} {'was' if more == 1 else 'were'} {what}: {names}."]


def _names(facts: Sequence[Unused]) -> str:
    return shown([fact.name for fact in facts])


def _files(facts: Sequence[Unused]) -> str:
    return pluralize(len(facts), "file")


def _was(facts: Sequence[Unused]) -> str:
    return "was" if len(facts) == 1 else "were"


def _say(facts: Sequence[Unused]) -> str:
    return "says" if len(facts) == 1 else "say"
