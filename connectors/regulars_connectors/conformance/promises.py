"""The promises of a connector, by name, and the ledger that says which were kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PROMISES: dict[str, str] = {
    "class-shape": "a class with name, Settings, and the five methods of the contract",
    "class-name": "its name is that of the entry point: small letters, digits, hyphens",
    "settings-known-names": "Settings derives from ConnectionSettings and refuses unknown names",
    "settings-frozen": "Settings are frozen",
    "settings-described": "every setting has a description, which the reference shows",
    "settings-secrets": "keys, tokens and passwords are SecretStr, which repr hides",
    "errors-of-family": "every error belongs to the family of regulars_connectors.errors",
    "streams-known": "streams() returns Streams with a known name, its kind, and a label",
    "streams-once": "each stream has a name of its own",
    "streams-stable": "streams() returns the same each time",
    "walks-of-stream": "walks() returns Walks of the stream in the call",
    "walks-once": "each walk has a parent of its own, and a whole walk of state is the only walk",
    "pages-typed": "pages() yields Pages: cursor and checkpoint text, fetched_at microseconds",
    "records-of-stream": "every record is of the kind that its stream is named after",
    "field-types": "every field has the type that its record promises",
    "json-fields": "extra and attributes are JSON objects, choices is a JSON list",
    "instants": "times are microseconds since 1970, in UTC",
    "ids-given": "every record has an id, and only a signal may leave it out",
    "ids-once": "a row comes once in a walk, unless it has changed",
    "cursor-advances": "every cursor is new, and a page with a cursor has rows",
    "walk-ends": "a walk ends, and keeps bringing something new until then",
    "last-page": "only the last page has cursor None, and an empty stream is one empty page",
    "total-agrees": "a finished walk has brought as many rows as its total",
    "checkpoints-of-events": "a state stream has a checkpoint on the last page of a walk alone",
    "resume": "a walk resumes at each of its cursors with exactly the rest",
    "same-again": "a second walk, by another object, brings the same rows",
    "remembers-nothing": "two walks of one object may run at the same time",
    "preflight": "preflight() returns a Preflight, and each finding with an error has a fix",
    "discover": "discover(), if there is one, returns publications with settings that fit",
    "webhooks": "verify_webhook() refuses what the provider did not sign, and handle_webhook()"
    " reads any body or calls it unreadable",
    "close": "close() may be called twice",
    "prints-nothing": "it speaks through notices, errors and log lines, and prints nothing",
    "no-keys": "texts, cursors and log lines are free of keys",
    "no-addresses": "errors, findings, cursors and log lines are free of readers' addresses",
}
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one promise was kept.

    verdict: ok, warning (it needs attention, or there was nothing to judge) or error.
    expected: the promise. where: the call, stream, page and row. found: what was there instead,
    without any value.
    """

    name: str
    verdict: Literal["ok", "warning", "error"]
    expected: str
    where: str = ""
    found: str = ""

    def text(self) -> str:
        """One or two lines for a person."""
        line = f"{self.verdict:8} {self.name}: {self.expected}"
        return f"{line}\n         {self.where}: {self.found}" if self.found else line


class Ledger:
    """Collects findings. A promise that was judged without any is ok."""

    def __init__(self) -> None:
        self._judged: set[str] = set()
        self._found: dict[str, list[Verdict]] = {}

    def judged(self, *names: str) -> None:
        """Note that these promises were tested."""
        self._judged.update(names)

    def broken(self, name: str, where: str, found: str) -> None:
        """Note that the promise was broken there."""
        self._note(Verdict(name, "error", PROMISES[name], where, found))

    def warn(self, name: str, where: str, found: str) -> None:
        """Note that the promise needs attention there."""
        self._note(Verdict(name, "warning", PROMISES[name], where, found))

    def expect(self, name: str, kept: bool, where: str, found: str) -> bool:
        """Note whether a promise was kept, and return it."""
        self.judged(name)
        if not kept:
            self.broken(name, where, found)
        return kept

    def verdicts(self) -> list[Verdict]:
        """One for each kept promise, up to three for a broken one."""
        found: list[Verdict] = []
        for name, expected in PROMISES.items():
            rows = sorted(self._found.get(name, ()), key=lambda row: row.verdict)
            if rows:
                found += rows[:_SHOWN]
            elif name in self._judged:
                found.append(Verdict(name, "ok", expected))
            else:
                found.append(
                    Verdict(name, "warning", expected, "here", "there was nothing to judge")
                )
        return found

    def _note(self, verdict: Verdict) -> None:
        self._judged.add(verdict.name)
        self._found.setdefault(verdict.name, []).append(verdict)
