"""Calls into the connector: what it raises, what it says, and which secrets it reveals."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from ..contract import Connector, Page, Preflight, Walk
from ..contract_faults import iterator_fault
from ..errors import ConnectorError
from ..http.redaction import redact
from ..plugin_errors import is_interrupt, lacks_text, place_of, plain
from ..record_validation import is_sequence
from .promises import Ledger

T = TypeVar("T")


class Stopped(Exception):
    """A call ended with an error of the family, or with another one that was noted."""

    def __init__(self, error: ConnectorError | None) -> None:
        super().__init__("stopped")
        self.error = error


class Calls:
    """Makes every call, and keeps the texts that come out, to search them at the end."""

    def __init__(self, ledger: Ledger, module: str) -> None:
        self._ledger = ledger
        self._module = module
        self._secrets: list[str] = []
        self._texts: list[tuple[str, str]] = []
        self._addresses: set[str] = set()
        self._noted: set[str] = set()
        ledger.judged("errors-of-family")

    def keep_secret(self, secrets: Sequence[str]) -> None:
        """Set the secrets that connector and check must hide in any form."""
        self._secrets = [form for secret in secrets for form in _forms(secret)]

    def one(self, where: str, function: Callable[..., T], *arguments: Any) -> T:
        """What the call returns. Raises Stopped."""
        try:
            return function(*arguments)
        except ConnectorError as error:
            if lacks_text(error):
                self._note_unknown(where, error, "it lacks a text that says what happened")
                raise Stopped(None) from error
            self.heard(where, f"{error} {error.happened} {error.to_do} {error.safe}")
            raise Stopped(error) from error
        except BaseException as error:  # a connector may fail in any way
            if is_interrupt(error):
                raise
            self._note_unknown(where, error)
            raise Stopped(None) from error

    def quietly(self, where: str, function: Callable[..., T], *arguments: Any) -> T | None:
        """The same for a call after which the check continues whatever happens."""
        try:
            return self.one(where, function, *arguments)
        except Stopped:
            return None

    def each(
        self, where: str, connector: Connector, walk: Walk, cursor: str | None
    ) -> Iterator[Page]:
        """The pages of a walk, one by one. Raises Stopped.

        Each has a list of its own, as in a sync, so that the connector may refill its lists.
        """
        call = f"{where}, pages()"
        returned: Any = self.one(call, connector.pages, walk, cursor)
        if fault := iterator_fault(returned):
            self._ledger.broken("pages-typed", where, fault)
            return
        pages = iter(returned)
        try:
            while (page := self.one(call, lambda: next(pages, _END))) is not _END:
                if isinstance(page, Page):
                    self._hear_page(where, page)
                    page = self.one(call, _copied, page)
                yield page
        finally:
            self.quietly(f"{call}, ended early", getattr(pages, "close", lambda: None))

    def heard(self, where: str, text: str) -> None:
        """Keep a text that came out of the connector."""
        self._texts.append((where, text))

    def without_keys(self, text: str) -> str:
        """The text, shortened, without keys and addresses."""
        return redact(text, self._secrets)[:200]

    def hear_preflight(self, preflight: Preflight) -> None:
        """Keep what a preflight says."""
        for finding in preflight.findings:
            self.heard("preflight()", f"{finding.name} {finding.text} {finding.fix}")

    def _hear_page(self, where: str, page: Page) -> None:
        for text in (page.cursor, page.checkpoint):
            if isinstance(text, str):
                self.heard(f"{where}, a cursor or checkpoint", text)
        if is_sequence(page.quarantined):
            for row in page.quarantined:
                self.heard(f"{where}, a quarantined row", str(getattr(row, "reason", "")))
        if is_sequence(page.records):
            emails = (getattr(record, "email", None) for record in page.records)
            self._addresses |= {one for one in emails if isinstance(one, str) and "@" in one}

    def _note_unknown(self, where: str, error: BaseException, said: str | None = None) -> None:
        text = str(error)
        self.heard(where, text)
        place = place_of(error, self._module)
        message = f"{type(error).__name__} {place}: {said or self.without_keys(plain(text))}"
        if f"{where}{place}" not in self._noted:
            self._noted.add(f"{where}{place}")
            self._ledger.broken("errors-of-family", where, message)

    def judge_texts(self) -> None:
        """Search all texts for keys and for addresses of readers."""
        self._ledger.judged("no-keys", "no-addresses")
        for where, text in self._texts:
            if any(secret in text for secret in self._secrets):
                self._ledger.broken("no-keys", where, "holds a key")
            if any(address in text for address in self._addresses):
                self._ledger.broken("no-addresses", where, "holds the address of a reader")

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Collect, instead of showing, every log line and all that the process prints."""
        printed, complained = io.StringIO(), io.StringIO()
        self._ledger.judged("prints-nothing")
        root = logging.getLogger()
        level, handlers = root.level, root.handlers[:]
        root.handlers[:] = [_Ear(self)]
        root.setLevel(logging.DEBUG)
        try:
            with redirect_stdout(printed), redirect_stderr(complained):
                yield
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
            self.heard("what it prints", f"{printed.getvalue()} {complained.getvalue()}")
            if printed.getvalue():
                said = self.without_keys(plain(printed.getvalue()))
                self._ledger.broken("prints-nothing", "one of its calls", f"printed {said!r}")


_END: Any = object()


def _copied(page: Any) -> Any:
    """The page with a list of its own, if it has one at all."""
    return replace(page, records=tuple(page.records)) if is_sequence(page.records) else page


class _Ear(logging.Handler):
    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls = calls

    def emit(self, record: logging.LogRecord) -> None:
        further = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        self._calls.heard(f"a log line of {record.name}", f"{record.getMessage()} {further or ''}")


_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None)))


def _forms(secret: str) -> tuple[str, ...]:
    """The forms of a secret in a text: plain, in an address, in a header."""
    return (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("="))
