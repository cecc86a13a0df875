"""What a connector promises, one name each, and the ledger that says which were kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PROMISES: dict[str, str] = {
    "class-shape": "a class with name, Settings, and the five methods of the contract",
    "class-name": "its name is that of the entry point: small letters, digits, hyphens",
    "settings-known-names": "Settings derives from ConnectionSettings and refuses unknown names",
    "settings-frozen": "Settings cannot be changed once made",
    "settings-described": "every setting has a description, which the reference shows",
    "settings-secrets": "keys, tokens and passwords are SecretStr and are not shown by repr",
    "errors-of-family": "whatever is raised belongs to the family of regulars_connectors.errors",
    "streams-known": "streams() gives Streams with a known name, its kind, and a label",
    "streams-once": "no stream is named twice",
    "streams-stable": "streams() gives the same whenever it is asked",
    "walks-of-stream": "walks() gives Walks of the stream that was asked about",
    "walks-once": "no two walks have the same parent; of state, a whole walk is the only one",
    "pages-typed": "pages() yields Pages: cursor and checkpoint text, fetched_at microseconds",
    "records-of-stream": "every record is of the kind that its stream is named after",
    "field-types": "every field has the type that its record promises",
    "json-fields": "extra and attributes are JSON objects, choices is a JSON list",
    "instants": "times are microseconds since 1970, in UTC",
    "ids-given": "every record has an id; a signal has one, or none at all",
    "ids-once": "a row comes once in a walk; one that comes again does so because it changed",
    "cursor-advances": "no cursor comes twice, and no empty page claims that more follow",
    "walk-ends": "a walk comes to an end and brings something new on its way",
    "last-page": "the last page, and only it, has no cursor; an empty stream is one empty page",
    "total-agrees": "a walk that ends has shown as many rows as the total that it names",
    "checkpoints-of-events": "only event streams name a checkpoint",
    "resume": "a walk goes on at each of its cursors with just the rest",
    "same-again": "a second walk, by another object, gives the same rows",
    "remembers-nothing": "two walks of one object at the same time do not disturb each other",
    "preflight": "preflight() gives a Preflight, and each finding that is wrong says what to do",
    "discover": "discover(), where there is one, gives publications with settings that fit",
    "webhooks": "handle_webhook(), where there is one, gives records or hints, and nothing for a"
    " delivery that nobody signed",
    "close": "close() may be called twice",
    "prints-nothing": "it prints nothing: notices, errors and log lines say what it has to say",
    "no-keys": "no key stands in a text, a cursor or a log line",
    "no-addresses": "no reader's address stands in an error, a finding, a cursor or a log line",
}
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one promise was kept.

    verdict: ok, warning (it needs attention, or it could not be judged) or error.
    expected: the promise in words. where: the call, stream, page and row. found: what was there
    instead, without any value.
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
    """Collects what was found; a promise that was judged and found kept is ok."""

    def __init__(self) -> None:
        self._judged: set[str] = set()
        self._found: dict[str, list[Verdict]] = {}

    def judged(self, *names: str) -> None:
        """These promises were put to the test."""
        self._judged.update(names)

    def broken(self, name: str, where: str, found: str) -> None:
        """The promise was broken there."""
        self._note(Verdict(name, "error", PROMISES[name], where, found))

    def warn(self, name: str, where: str, found: str) -> None:
        """Not broken, but it needs attention."""
        self._note(Verdict(name, "warning", PROMISES[name], where, found))

    def expect(self, name: str, kept: bool, where: str, found: str) -> bool:
        """Note whether a promise was kept, and say so."""
        self.judged(name)
        if not kept:
            self.broken(name, where, found)
        return kept

    def verdicts(self) -> list[Verdict]:
        """One for each promise that was kept, up to three for one that was not."""
        found: list[Verdict] = []
        for name, expected in PROMISES.items():
            rows = sorted(self._found.get(name, ()), key=lambda row: row.verdict)
            if rows:
                found += rows[:_SHOWN]
            elif name in self._judged:
                found.append(Verdict(name, "ok", expected))
            else:
                found.append(
                    Verdict(name, "warning", expected, "here", "there was nothing to judge it by")
                )
        return found

    def _note(self, verdict: Verdict) -> None:
        self._judged.add(verdict.name)
        self._found.setdefault(verdict.name, []).append(verdict)
