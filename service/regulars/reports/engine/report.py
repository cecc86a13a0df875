"""What a report is, and how one is run.

A report is a question with parameters, answered from the store at one instant: ``<name>.sql``
finds the evidence, ``build`` makes the result from its rows. Route, command and OpenAPI follow
from the declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

from regulars.errors import UsageWrong
from regulars.settings import PublicationSettings
from regulars.store.timestamps import naive

from . import partitions
from .envelope import Coverage, Envelope, LeftOut, Window
from .facts import Facts, ask, correct_posts, gather
from .projection import Projection

if TYPE_CHECKING:
    import duckdb

    from ..readers.summary import Readership

E = TypeVar("E", bound=msgspec.Struct)
P = TypeVar("P", bound="Parameters")
R = TypeVar("R", bound=BaseModel)


class Parameters(BaseModel):
    """What you may ask of a report besides publication and instant: here nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def query_values(self) -> dict[str, Any]:
        """The parameters as the statement wants them."""
        return {}

    def windows_needed(self) -> int:
        """How many back-tests the report needs of ``readers``; 0 for those that are always made."""
        return 0

    def back_needed(self) -> int | None:
        """How many units ago the report compares with; None for as many as the rule looks at."""
        return None


class EvidenceQuery(BaseModel):
    """Named parameters of a statement about single facts."""

    publication: str
    as_of: datetime


class RuleQuery(EvidenceQuery):
    """Named parameters of a statement that judges people by the rule."""

    needed_reads: int
    last_posts: int
    by_week: bool
    time_zone: str


@dataclass(frozen=True, slots=True)
class Context(Generic[P]):
    """What ``build`` knows besides the rows. readership: of a report that reads ``readers``."""

    publication: PublicationSettings
    parameters: P
    as_of: datetime
    now: datetime
    facts: Facts
    readership: Readership | None = None

    def query_values(self) -> dict[str, Any]:
        """Every value that a statement may name."""
        rule = self.facts.rule
        return {
            "publication": self.publication.name,
            "as_of": naive(self.as_of),
            "needed_reads": rule.reads,
            "last_posts": rule.of,
            "by_week": rule.unit == "week",
            "time_zone": self.publication.time_zone,
        } | self.parameters.query_values()


@dataclass(frozen=True, slots=True)
class Built(Generic[R]):
    """What ``build`` returns: the result and what it rests on."""

    result: R
    counted: int
    left_out: Sequence[LeftOut] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report(Generic[P, E, R]):
    """One report. ``project`` declares its public figure (``projection.py``), for widgets.

    parameters: what a person may ask. query: the named parameters of ``<name>.sql``.
    evidence: one row of its evidence. definition: the text, with the rule in force.
    in_spans: run its statement for one partition of people after another, so that its memory does
        not grow with the publication. The statement must be about people alone.
    extra_statements: more statements, each with publication and instant alone as parameters and
        with rows of the same shape. They run one by one, to save memory.
    extra_statements_in_spans: the same, about people alone, run for each partition.
    reads_readers: its statements name ``readers``, ``histories_of`` or ``units_of``, which are made
        to hold for the instant first; ``build`` then finds the fit in its context.
    """

    name: str
    question: str
    definition: Callable[[Context[P]], str]
    parameters: type[P]
    query: type[EvidenceQuery]
    evidence: type[E]
    result: type[R]
    build: Callable[[Sequence[E], Context[P]], Built[R]]
    project: Projection[R] | None = None
    in_spans: bool = False
    extra_statements: tuple[str, ...] = ()
    extra_statements_in_spans: tuple[str, ...] = ()
    reads_readers: bool = False

    @property
    def envelope(self) -> type[Envelope[R]]:
        """The model of the whole answer."""
        return Envelope[self.result]  # type: ignore[name-defined]


def run(
    report: Report[P, E, R],
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    parameters: P | None = None,
    *,
    as_of: datetime | None = None,
    now: datetime,
) -> Envelope[R]:
    """Answer a report. All its statements see one state of the tables.

    ``as_of`` and ``now`` are aware; ``connection`` is a cursor of its own, outside a transaction.
    Raises UsageWrong for an ``as_of`` in the future.
    """
    moment = (as_of or now).astimezone(UTC)
    if moment > now:
        raise UsageWrong(f"{moment.isoformat()} lies in the future. Reports tell what happened.")
    connection.execute("BEGIN TRANSACTION")
    try:
        context = Context(
            publication,
            parameters if parameters is not None else report.parameters(),
            moment,
            now,
            _facts(report, connection, publication, moment, now),
        )
        if report.reads_readers:
            context = _with_readers(connection, context)
        rows = _evidence(report, connection, context)
    finally:
        connection.execute("ROLLBACK")
    return _enclose(report, context, report.build(rows, context))


def _facts(
    report: Report[P, E, R],
    connection: duckdb.DuckDBPyConnection,
    publication: PublicationSettings,
    moment: datetime,
    now: datetime,
) -> Facts:
    """The facts of a publication: kept ones where readers are kept, which spares all signals."""
    if report.reads_readers:
        from ..readership import kept_facts

        found = kept_facts(connection, publication, moment, now)
        if found is not None:
            return found
    correct_posts(connection, publication)
    partitions.materialise_posts(connection, publication.name, naive(moment))
    return gather(connection, publication, moment, now)


def _with_readers(connection: duckdb.DuckDBPyConnection, context: Context[P]) -> Context[P]:
    from ..readership import prepare_readers  # which brings numpy, and the other reports lack it

    found = prepare_readers(
        connection,
        context.publication,
        context.as_of,
        context.facts.rule,
        windows=context.parameters.windows_needed(),
        back=context.parameters.back_needed(),
    )
    return replace(context, readership=found)


def _evidence(
    report: Report[P, E, R], connection: duckdb.DuckDBPyConnection, context: Context[P]
) -> list[E]:
    """The rows of all statements. Partitions shadow the store's views, so they come last."""
    values = context.query_values()
    wanted = {name: values[name] for name in report.query.model_fields}
    plain = {name: values[name] for name in EvidenceQuery.model_fields}
    rows: list[E] = []
    for name in report.extra_statements:
        rows += ask(connection, name, plain, report.evidence)
    for _ in _spans(report, connection, context):
        rows += ask(connection, report.name, wanted, report.evidence)
        for name in report.extra_statements_in_spans:
            rows += ask(connection, name, plain, report.evidence)
    return rows


def _spans(
    report: Report[P, E, R], connection: duckdb.DuckDBPyConnection, context: Context[P]
) -> Iterable[int]:
    """The partitions of people to ask about: one for a statement about more than people."""
    if not issubclass(report.query, RuleQuery):
        return (0,)
    size = partitions.SPAN_PEOPLE if report.in_spans else None
    return partitions.partition_people(
        connection, context.publication.name, naive(context.as_of), size
    )


def _enclose(report: Report[P, E, R], context: Context[P], built: Built[R]) -> Envelope[R]:
    start = context.facts.window_start(context.publication.time_zone)
    return report.envelope(
        report=report.name,
        publication=context.publication.name,
        as_of=context.as_of,
        window=Window(start=start, end=context.as_of),
        definition=report.definition(context),
        result=built.result,
        coverage=Coverage(
            counted=built.counted, left_out=list(built.left_out), notes=list(built.notes)
        ),
        sources=context.facts.sources,
    )
