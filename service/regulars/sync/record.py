"""What a run is told, and what it says in the end: its record, as the journal keeps it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from regulars.errors import RegularsError, error_facts, exit_code_of
from regulars.settings import ConnectionConfig, PublicationSettings
from regulars.store.commit import Committed, unmatched_notice
from regulars_connectors.contract import Stream
from regulars_connectors.errors import ConnectorError
from regulars_connectors.instants import to_iso
from regulars_connectors.plural import pluralize

Outcome = Literal["complete", "partial", "failed"]


@dataclass(slots=True)
class RunResult:
    """How a run ended. error: what stopped it, where something did."""

    run_id: str
    publication: str
    connection: str
    connector: str
    started_at: int
    ended_at: int = 0
    outcome: Outcome = "complete"
    reason: str | None = None
    streams: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    error: ConnectorError | None = None

    @property
    def written(self) -> int:
        """Rows of history that were written."""
        return sum(int(stream["written"]) for stream in self.streams)

    def notice(self, text: str) -> None:
        """Something that the owner should know, in a sentence."""
        self.notices.append(text)

    def set_outcome(
        self, outcome: Outcome, reason: str, error: ConnectorError | None = None
    ) -> None:
        """It did not end well. The reason and the error that came first stay."""
        self.outcome = outcome
        self.reason = self.reason or reason
        self.error = self.error or error

    def set_stream(self, facts: dict[str, Any]) -> None:
        """What is known of a stream, in place of what was."""
        self.streams = [known for known in self.streams if known["stream"] != facts["stream"]]
        self.streams.append(facts)

    def explain(self, done: Committed, reason: str | None) -> None:
        """Say what the owner should know of a pull. reason: why it is not proven whole."""
        if reason:
            self.notice(f"Not proven whole: {reason}. What was seen is kept.")
        if strangers := unmatched_notice(done):
            self.notice(
                f"{strangers}; nothing was taken from their rows."
                " After the first sync of the connection, import again."
            )
        if done.held_removals:
            people = pluralize(done.held_removals, "person is", "people are")
            self.notice(
                f"{people} no longer shown by the provider, more than a tenth;"
                " they stay until you accept it with `regulars sync --accept-removals`."
            )
        if done.alarm:
            self.notice(
                "Every running total is zero or absent, which cannot be: they are not measured."
            )

    def facts(self, walks: Sequence[dict[str, Any]], order: Sequence[str]) -> dict[str, Any]:
        """Its record, with the places of walks; ``order``: of the streams, as they were walked."""
        # What waited was told of later than it was walked.
        self.streams.sort(key=lambda facts: order.index(facts["stream"]))
        return {
            "kind": "run",
            "at": self.ended_at,
            "run": self.run_id,
            "publication": self.publication,
            "connection": self.connection,
            "connector": self.connector,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "outcome": self.outcome,
            "reason": self.reason,
            "streams": self.streams,
            "walks": list(walks),
        }


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Whose run it is and how it shall go."""

    publication: str
    connection: str
    connector_name: str
    full: bool = False
    accept_removals: bool = False


def new_run_id(now: int) -> str:
    """An id that sorts by time and does not repeat."""
    return f"run_{now // 1000:011x}{secrets.token_hex(5)}"


def empty_facts(stream: Stream, outcome: str, reason: str | None, now: int) -> dict[str, Any]:
    """What a record says of a stream of which nothing came."""
    counts = dict.fromkeys(
        ("seen", "changed", "gone", "written", "quarantined", "held_removals"), 0
    )
    return {
        "stream": stream.name,
        "outcome": outcome,
        "reason": reason,
        "alarm": None,
        "started_at": now,
        "ended_at": now,
        **counts,
    }


STREAM_NAMES = (
    "stream", "outcome", "seen", "changed", "gone", "written", "quarantined", "held_removals",
    "reason", "alarm",
)  # fmt: skip


def run_to_json(result: RunResult) -> dict[str, Any]:
    """A finished run as the API and ``--json`` show it."""
    return {
        "id": result.run_id,
        "publication": result.publication,
        "connection": result.connection,
        "connector": result.connector,
        "state": result.outcome,
        "started_at": to_iso(result.started_at),
        "ended_at": to_iso(result.ended_at),
        "reason": result.reason,
        "exit_code": exit_code_of_run(result),
        "error": error_facts(result.error) if result.error is not None else None,
        "streams": [{name: stream[name] for name in STREAM_NAMES} for stream in result.streams],
        "notices": result.notices,
    }


def exit_code_of_run(result: RunResult) -> int:
    """0 complete; 4 key refused; 5 come back later; 3 settings; 6 partial, data kept."""
    if result.outcome == "complete":
        return 0
    code = exit_code_of(result.error) if result.error is not None else 6
    return 6 if code == 1 and result.outcome == "partial" else code


def failed_run(
    publication: PublicationSettings,
    config: ConnectionConfig,
    now: int,
    error: RegularsError | ConnectorError,
) -> dict[str, Any]:
    """A run that came to nothing, as ``--json`` shows it; the store remembers none."""
    return begun(publication, config, now) | failed_facts(error) | {"ended_at": to_iso(now)}


def begun(publication: PublicationSettings, config: ConnectionConfig, now: int) -> dict[str, Any]:
    return {
        "id": new_run_id(now),
        "publication": publication.name,
        "connection": config.name,
        "connector": config.connector,
        "state": "running",
        "started_at": to_iso(now),
        "ended_at": None,
        "reason": None,
        "exit_code": None,
        "error": None,
        "streams": [],
        "notices": [],
    }


def failed_facts(error: RegularsError | ConnectorError) -> dict[str, Any]:
    return {
        "state": "failed",
        "reason": error.happened,
        "exit_code": exit_code_of(error),
        "error": error_facts(error),
    }
