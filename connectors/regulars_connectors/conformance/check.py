"""From a connector class and the settings of one connection to the verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from ..contract import (
    PARENTS,
    AvailablePublication,
    Connector,
    Finding,
    Page,
    Preflight,
    Runtime,
    Stream,
    SupportsDiscovery,
    SyncState,
    Walk,
    WebhookRequest,
)
from ..contract import StreamName as AnyStream
from ..errors import ConnectorError, FeatureUnavailable
from ..plugin_errors import is_line
from ..records import Hint, Record
from ..registry import settings_of
from .calls import Calls, Stopped
from .promises import Ledger, Verdict
from .rows import is_count
from .shape import judge_class, judge_settings, secrets_of
from .walks import Depth, WalkCheck, newest_first

_KINDS = {"state", "events"}
_PUSHES = (
    WebhookRequest({}, b"{}"),
    WebhookRequest({"signature": "forged"}, b'[{"type": "forged", "id": "1"}]'),
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check went. error: what stopped it, such as a refused key; None where nothing did."""

    verdicts: list[Verdict]
    error: ConnectorError | None = None


@dataclass(slots=True)
class _Learned:
    """What an earlier stream told, as the store would remember it."""

    parents: dict[str, dict[str, int | None]] = field(
        default_factory=lambda: {name: {} for name in PARENTS}
    )
    checkpoints: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def known(self) -> SyncState:
        return SyncState(dict(self.parents), dict(self.checkpoints))

    def take(self, walk: Walk, pages: Sequence[Page]) -> None:
        name = walk.stream.name
        if name in self.parents:
            self.parents[name] |= {
                str(record.id): getattr(record, "responses", None) for record in newest_first(pages)
            }
        marks = [page.checkpoint for page in pages if page.checkpoint is not None]
        if marks:
            self.checkpoints[name, walk.parent] = marks[-1]


def check_connector(
    found: type[Connector],
    options: Mapping[str, Any],
    runtime: Runtime,
    *,
    name: str | None = None,
    depth: Depth | None = None,
) -> list[Verdict]:
    """The verdict on every promise, for a connector class and the settings of one connection.

    name: that of the entry point, where it is known. Raises ConfigurationError when the settings
    do not fit the class, and the error that stopped the check when the provider was out of reach.
    """
    checked = run_check(found, options, runtime, name=name, depth=depth)
    if checked.error is not None:
        raise checked.error
    return checked.verdicts


def run_check(
    found: type[Connector],
    options: Mapping[str, Any],
    runtime: Runtime,
    *,
    name: str | None = None,
    depth: Depth | None = None,
) -> CheckResult:
    """The same, with what was found before an error of the provider stopped it."""
    ledger = Ledger()
    if not judge_class(ledger, found, name):
        return CheckResult(ledger.verdicts())
    judge_settings(ledger, found.Settings)
    calls = Calls(ledger, found.__module__)
    # Until the settings are made nobody knows which of these are secret.
    calls.keep_secret([str(value) for value in options.values()])
    try:
        settings = calls.one("its settings", settings_of, found, options)
    except Stopped as stopped:
        if stopped.error is not None:
            raise stopped.error from None
        return CheckResult(ledger.verdicts())
    secrets = secrets_of(settings)
    calls.keep_secret(secrets)
    shown = any(secret in repr(settings) for secret in secrets)
    ledger.expect("settings-secrets", not shown, "repr of the settings", "shows a secret")
    with calls.listening():
        stopped_by = _Check(found, settings, runtime, ledger, calls, depth or Depth()).run()
    calls.judge_texts()
    return CheckResult(ledger.verdicts(), stopped_by)


def complaints(verdicts: Iterable[Verdict]) -> list[str]:
    """Every broken promise in words; none for a connector that passes."""
    return [verdict.words() for verdict in verdicts if verdict.verdict == "error"]


class _Check:
    """One check of one connection."""

    def __init__(
        self,
        found: type[Connector],
        settings: Any,
        runtime: Runtime,
        ledger: Ledger,
        calls: Calls,
        depth: Depth,
    ) -> None:
        self._found: Any = found
        self._settings, self._tools, self._depth = settings, runtime, depth
        self._ledger, self._calls = ledger, calls
        self._learned = _Learned()

    def run(self) -> ConnectorError | None:
        """Every check in order; an error of the provider that stopped them."""
        try:
            connector = self._fresh()
            try:
                self._judge_look(connector)
                self._judge_discovery()
                self._judge_receive(connector)
                for stream in self._judge_streams(connector):
                    self._judge_stream(connector, stream)
            finally:
                self._judge_close(connector)
        except Stopped as stopped:
            return stopped.error
        return None

    def _fresh(self) -> Connector:
        made: Connector = self._calls.one("its making", self._found, self._settings, self._tools)
        return made

    def _judge_close(self, connector: Connector) -> None:
        self._ledger.judged("close")
        for where in ("close()", "close(), the second time"):
            try:
                self._calls.one(where, connector.close)
            except Stopped:
                self._ledger.broken("close", where, "raised an error")

    def _judge_look(self, connector: Connector) -> None:
        try:
            preflight: Any = self._calls.one("preflight()", connector.preflight)
        except Stopped:
            return
        faults = _faults_of_preflight(preflight)
        if self._ledger.expect("preflight", not faults, "preflight()", ", ".join(faults)):
            self._calls.hear_preflight(preflight)

    def _judge_discovery(self) -> None:
        self._ledger.judged("discover")
        if not isinstance(self._found, SupportsDiscovery):
            return
        asked = {name: getattr(self._settings, name, None) for name in self._found.asked}
        given: Any = self._calls.quietly("discover()", self._found.discover, asked, self._tools)
        if given is None:
            return
        known = set(type(self._settings).model_fields)
        fits = isinstance(given, Sequence) and all(
            isinstance(one, AvailablePublication) and one.id and known.issuperset(one.options)
            for one in given
        )
        told = "offers something without an id, or with options that are no settings"
        self._ledger.expect("discover", fits, "discover()", told)

    def _judge_receive(self, connector: Connector) -> None:
        self._ledger.judged("receive")
        for push in _PUSHES:
            given: Any = self._calls.quietly("receive()", connector.receive, push)
            if given is None:
                continue
            if not isinstance(given, Sequence) or not all(map(_is_meaning, given)):
                self._ledger.broken("receive", "receive()", "gives neither records nor hints")
            elif given:
                told = "takes a delivery that nobody signed at its word"
                self._ledger.broken("receive", "receive()", told)

    def _judge_streams(self, connector: Connector) -> list[Stream]:
        given: Any = self._calls.one("streams()", connector.streams)
        faults = _faults_of_streams(given)
        if not self._ledger.expect("streams-known", not faults, "streams()", ", ".join(faults)):
            return []
        streams: list[Stream] = list(given)
        names = [stream.name for stream in streams]
        doubles = sorted({name for name in names if names.count(name) > 1})
        told = f"names {', '.join(doubles)} twice"
        self._ledger.expect("streams-once", not doubles, "streams()", told)
        again = list(self._calls.one("streams()", connector.streams))
        self._ledger.expect("streams-stable", again == streams, "streams()", "gave others")
        return streams

    def _judge_stream(self, connector: Connector, stream: Stream) -> None:
        where = f"stream {stream.name}"
        try:
            walks = self._walks(connector, stream)
            for walk in walks[: self._depth.walks]:
                check = WalkCheck(self._ledger, self._calls, self._tools, self._depth, walk)
                pages = check.judge(connector, self._fresh)
                self._learned.take(walk, pages)
            self._walks_that_go_on(connector, stream)
        except Stopped as stopped:
            if isinstance(stopped.error, FeatureUnavailable):
                told = self._calls.without_keys(stopped.error.happened)
                self._ledger.warn("errors-of-family", where, told)
            elif stopped.error is not None:
                raise

    def _walks(self, connector: Connector, stream: Stream) -> list[Walk]:
        where = f"stream {stream.name}, walks()"
        given: Any = self._calls.one(where, connector.walks, stream, self._learned.known())
        if not isinstance(given, Sequence) or not all(_is_walk(one, stream) for one in given):
            self._ledger.broken("walks-of-stream", where, "gives something else")
            return []
        parents = [walk.parent for walk in given]
        self._ledger.judged("walks-of-stream")
        once = len(set(parents)) == len(parents)
        self._ledger.expect("walks-once", once, where, "gives two walks below the same parent")
        if stream.kind == "state" and len(given) > 1 and any(w.coverage == "whole" for w in given):
            told = "calls one of several walks whole: what the others show would count as gone"
            self._ledger.broken("walks-once", where, told)
        return list(given)

    def _walks_that_go_on(self, connector: Connector, stream: Stream) -> None:
        """What the next run will ask: walks planned with the checkpoints of this one."""
        if stream.kind != "events":
            return
        for walk in self._walks(connector, stream)[:1]:
            check = WalkCheck(self._ledger, self._calls, self._tools, self._depth, walk)
            check.read(connector, None)


def _faults_of_preflight(preflight: Any) -> list[str]:
    if not isinstance(preflight, Preflight):
        return ["gives no Preflight"]
    faults = []
    findings: Any = preflight.findings
    if not isinstance(findings, Sequence):
        return ["its findings are no sequence"]
    for finding in findings:
        if not isinstance(finding, Finding) or finding.verdict not in ("ok", "warning", "error"):
            return ["its findings are none, or of no known verdict"]
        texts: Any = (finding.name, finding.text)
        if not all(isinstance(text, str) and text for text in texts):
            faults.append("a finding says nothing")
        if finding.verdict == "error" and not finding.fix:
            faults.append("a finding that something is broken does not say what to do")
    if not all(
        number is None or is_count(number) for number in (preflight.requests, preflight.seconds)
    ):
        faults.append("requests or seconds are no number from 0")
    return faults


def _faults_of_streams(given: Any) -> list[str]:
    if not isinstance(given, Sequence) or not all(isinstance(one, Stream) for one in given):
        return ["gives something that is no Stream"]
    known = get_args(AnyStream)
    faults = [f"{one.name!r} is no stream" for one in given if one.name not in known]
    faults += [f"{one.name} is of no known kind" for one in given if one.kind not in _KINDS]
    return faults + [f"{one.name} has no label" for one in given if not is_line(one.label)]


def _is_walk(one: Any, stream: Stream) -> bool:
    return (
        isinstance(one, Walk)
        and one.stream == stream
        and one.coverage in ("whole", "window", "since")
        and isinstance(one.parent, str | None)
    )


def _is_meaning(one: Any) -> bool:
    return isinstance(one, (Hint, *get_args(Record)))
