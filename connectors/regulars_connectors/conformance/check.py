"""From a connector class and the settings of one connection to the verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..contract import (
    PARENTS,
    Connector,
    Page,
    Preflight,
    Runtime,
    Stream,
    SupportsDiscovery,
    SupportsWebhooks,
    SyncState,
    Walk,
)
from ..contract_faults import (
    faults_of_several_streams,
    faults_of_several_walks,
    preflight_faults,
    publication_faults,
    stream_faults,
    walk_faults,
)
from ..errors import ConnectorError, FeatureUnavailable
from ..registry import settings_of
from .calls import Calls, Stopped
from .promises import Ledger, Verdict
from .shape import judge_class, judge_settings, secrets_of
from .walks import Depth, WalkCheck, newest_first
from .webhooks import judge_webhooks


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The verdicts of a check. error: what stopped it, such as a refused key, if anything."""

    verdicts: list[Verdict]
    error: ConnectorError | None = None


@dataclass(slots=True)
class _Learned:
    """What earlier streams brought, as the store would keep it."""

    parents: dict[str, dict[str, int | None]] = field(
        default_factory=lambda: {name: {} for name in PARENTS}
    )
    checkpoints: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def state(self) -> SyncState:
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

    name: that of the entry point, if known. Raises ConfigurationError for settings that the class
    refuses, and the error that stopped the check, such as an unreachable provider.
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
    """The same, with the verdicts up to an error of the provider that stopped the check."""
    ledger = Ledger()
    if not judge_class(ledger, found, name):
        return CheckResult(ledger.verdicts())
    judge_settings(ledger, found.Settings)
    calls = Calls(ledger, found.__module__)
    # Which of these are secret shows once the settings are made.
    calls.keep_secret([str(value) for value in options.values()])
    try:
        settings = calls.one("its settings", settings_of, found, options)
    except Stopped as stopped:
        if stopped.error is not None:
            raise stopped.error from None
        return CheckResult(ledger.verdicts())
    secrets = secrets_of(settings)
    calls.keep_secret(secrets)
    is_hidden = all(secret not in repr(settings) for secret in secrets)
    ledger.expect("settings-secrets", is_hidden, "repr of the settings", "shows a secret")
    with calls.listening():
        stopped_by = _Check(found, settings, runtime, ledger, calls, depth or Depth()).run()
    calls.judge_texts()
    return CheckResult(ledger.verdicts(), stopped_by)


def complaints(verdicts: Iterable[Verdict]) -> list[str]:
    """A text for every broken promise. Empty for a connector that passes."""
    return [verdict.text() for verdict in verdicts if verdict.verdict == "error"]


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
        self._settings, self._runtime, self._depth = settings, runtime, depth
        self._ledger, self._calls = ledger, calls
        self._learned = _Learned()

    def run(self) -> ConnectorError | None:
        """Every check in order. Returns the error of the provider that stopped them, if any."""
        try:
            connector = self._fresh()
            try:
                self._judge_preflight(connector)
                self._judge_discovery()
                self._judge_webhooks(connector)
                for stream in self._judge_streams(connector):
                    self._judge_stream(connector, stream)
            finally:
                self._judge_close(connector)
        except Stopped as stopped:
            return stopped.error
        return None

    def _fresh(self) -> Connector:
        connector: Connector = self._calls.one(
            "its constructor", self._found, self._settings, self._runtime
        )
        return connector

    def _judge_close(self, connector: Connector) -> None:
        self._ledger.judged("close")
        for where in ("close()", "close(), the second time"):
            try:
                self._calls.one(where, connector.close)
            except Stopped:
                self._ledger.broken("close", where, "raised an error")

    def _judge_preflight(self, connector: Connector) -> None:
        try:
            preflight: Any = self._calls.one("preflight()", connector.preflight)
        except Stopped:
            return
        faults = [*preflight_faults(preflight)]
        if not faults:
            self._calls.hear_preflight(preflight)
            faults = [*_unhelpful(preflight)]
        self._expect_none("preflight", "preflight()", faults)

    def _judge_discovery(self) -> None:
        self._ledger.judged("discover")
        if not isinstance(self._found, SupportsDiscovery):
            return
        asked = {name: getattr(self._settings, name, None) for name in self._found.asked}
        returned: Any = self._calls.quietly(
            "discover()", self._found.discover, asked, self._runtime
        )
        if returned is None:
            return
        faults = publication_faults(returned, type(self._settings).model_fields)
        self._expect_none("discover", "discover()", faults)

    def _judge_webhooks(self, connector: Connector) -> None:
        self._ledger.judged("webhooks")
        if isinstance(connector, SupportsWebhooks):
            judge_webhooks(self._ledger, self._calls, connector, self._runtime.clock())

    def _expect_none(self, promise: str, where: str, faults: Iterable[str]) -> bool:
        """Note the faults of a promise. Returns whether there are none."""
        found = list(dict.fromkeys(faults))
        return self._ledger.expect(promise, not found, where, "; ".join(found))

    def _judge_streams(self, connector: Connector) -> list[Stream]:
        returned: Any = self._calls.one("streams()", connector.streams)
        if not self._expect_none("streams-known", "streams()", stream_faults(returned)):
            return []
        streams: list[Stream] = list(returned)
        self._expect_none("streams-once", "streams()", faults_of_several_streams(streams))
        again = list(self._calls.one("streams()", connector.streams))
        self._ledger.expect("streams-stable", again == streams, "streams()", "gave others")
        return streams

    def _judge_stream(self, connector: Connector, stream: Stream) -> None:
        where = f"stream {stream.name}"
        try:
            walks = self._walks(connector, stream)
            for walk in walks[: self._depth.walks]:
                check = WalkCheck(self._ledger, self._calls, self._depth, walk)
                pages = check.judge(connector, self._fresh)
                self._learned.take(walk, pages)
            self._walks_that_go_on(connector, stream)
        except Stopped as stopped:
            if isinstance(stopped.error, FeatureUnavailable):
                message = self._calls.without_keys(stopped.error.happened)
                self._ledger.warn("errors-of-family", where, message)
            elif stopped.error is not None:
                raise

    def _walks(self, connector: Connector, stream: Stream) -> list[Walk]:
        where = f"stream {stream.name}, walks()"
        returned: Any = self._calls.one(where, connector.walks, stream, self._learned.state())
        if not self._expect_none("walks-of-stream", where, walk_faults(returned, stream)):
            return []
        self._expect_none("walks-once", where, faults_of_several_walks(returned, stream))
        return list(returned)

    def _walks_that_go_on(self, connector: Connector, stream: Stream) -> None:
        """Check what the next run does: walks planned with the checkpoints of this one."""
        if stream.kind != "events":
            return
        for walk in self._walks(connector, stream)[:1]:
            check = WalkCheck(self._ledger, self._calls, self._depth, walk)
            check.read(connector, None)


def _unhelpful(preflight: Preflight) -> Iterator[str]:
    """Findings without a text or a fix, which `regulars doctor` would show all the same."""
    for finding in preflight.findings:
        if not (finding.name and finding.text):
            yield "a finding is empty"
        if finding.verdict == "error" and not finding.fix:
            yield "a finding with an error lacks a fix"
