"""The last question of `regulars init`: where replies arrive. The mailbox is tried at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .context import Call
from .questions import Wishes, ask, given_or_asked, missing
from .terminal import say

if TYPE_CHECKING:
    from regulars.settings import Secret
    from regulars_connectors.contract import Connector

NUMBER = 6
LATER = "later"
QUESTION = "Where do replies arrive? (gmail, fastmail, outlook, server, files, later)"


@dataclass(frozen=True, slots=True)
class _Place:
    """A kind of place. options: what is known of it. asked: the settings that it still needs."""

    connector: str
    asked: tuple[str, ...]
    hint: str
    options: Mapping[str, Any] = field(default_factory=dict)


PLACES: Mapping[str, _Place] = {
    "gmail": _Place(
        "imap", ("password",),
        "Gmail takes an app password, which needs 2-step verification.",
        {"host": "imap.gmail.com"},
    ),
    "fastmail": _Place(
        "imap", ("password",), "Fastmail takes an app password for IMAP.",
        {"host": "imap.fastmail.com"},
    ),
    "outlook": _Place(
        "imap", ("oauth_file",),
        "Microsoft takes no passwords. Another program has to keep an access token in a file.",
        {"host": "outlook.office365.com"},
    ),
    "server": _Place("imap", ("host", "user", "password"), ""),
    "files": _Place("mail-files", ("path",), ""),
}  # fmt: skip
_WORDS = {
    "host": "Name of the mail server",
    "user": "Who logs in",
    "password": "Password of the mailbox",
    "oauth_file": "File with the access token",
    "path": "An mbox file, a Maildir, or a folder of either",
}


@dataclass(slots=True)
class Replies:
    """Where letters come from. options: plain settings of the connector. values: secrets too."""

    connector: str
    addresses: tuple[str, ...]
    options: dict[str, Any]
    values: dict[str, Any]
    secrets: dict[str, Secret]

    @property
    def connection(self) -> dict[str, Any]:
        """The connection as the settings file holds it, without its name."""
        references = {name: secret.reference for name, secret in self.secrets.items()}
        rhythm = {"sync": "every 15 minutes"} if self.connector == "imap" else {}
        return {"connector": self.connector, **self.options, **references, **rhythm}


def replies_of(path: Path, wishes: Wishes, call: Call) -> Replies | None:
    """Where replies arrive, tried; None for later. path: of the settings file.

    Raises the errors of the mailbox where nobody can be asked.
    """
    from regulars.errors import RegularsError
    from regulars_connectors.errors import ConnectorError

    given = wishes.replies
    if given is None and (wishes.mail or wishes.addresses) and not wishes.ask:
        raise missing("--replies PLACE beside --mail and --address")
    while True:
        chosen = given_or_asked(wishes, given, NUMBER, QUESTION, LATER, _place_named)
        if chosen == LATER:
            return None
        try:
            found = _answered(path, PLACES[chosen], wishes)
            _try(found, call)
            return found
        except (ConnectorError, RegularsError) as error:
            if not wishes.ask:
                error.safe = "Nothing was written."
                raise
            say(f"{error.happened} {error.to_do}")
            given = None  # another place may be named, or later


def _place_named(answer: str) -> str:
    from regulars.errors import UsageWrong

    name = answer.lower()
    if name not in (*PLACES, LATER):
        raise UsageWrong(f"{answer!r} is none of these: {', '.join((*PLACES, LATER))}.")
    return name


def _answered(path: Path, place: _Place, wishes: Wishes) -> Replies:
    """Everything that the place needs: given, in the environment, or typed."""
    from regulars.onboarding import given_options
    from regulars_connectors import registry

    kind: Any = registry.find(place.connector)
    plain, secrets, fetched = given_options(path, kind, wishes.mail)
    addresses = _addresses(wishes)
    options = {**place.options, **plain}
    if place.connector == "imap" and "user" not in place.asked:
        options.setdefault("user", addresses[0])
    found = Replies(place.connector, addresses, options, {**options, **fetched}, secrets)
    if place.hint and wishes.ask:
        say(place.hint)
    for name in place.asked:
        if name not in found.values and not (name == "password" and "oauth_file" in found.values):
            _answer(path, kind, found, name, wishes)
    return found


def _addresses(wishes: Wishes) -> tuple[str, ...]:
    from regulars.errors import UsageWrong
    from regulars_connectors.addresses import address_fault

    def check(answer: str) -> str:
        if fault := address_fault(answer):
            raise UsageWrong(f"{answer!r} {fault}.")
        return answer

    if wishes.addresses:
        return tuple(check(address) for address in wishes.addresses)
    if not wishes.ask:
        raise missing("--address ADDRESS: where replies arrive")
    return (ask(NUMBER, "Your address, to which readers reply", None, check),)


def _answer(path: Path, kind: Any, found: Replies, name: str, wishes: Wishes) -> None:
    """One setting of the mailbox."""
    import os

    from regulars.errors import UsageWrong
    from regulars.onboarding import fault_of
    from regulars.settings import Secret, secret_typed
    from regulars_connectors import registry

    is_secret = registry.is_secret(kind.Settings.model_fields[name])
    is_file = name in ("oauth_file", "path")
    variable = f"{kind.name}_{name}".upper().replace("-", "_")

    def check(answer: str) -> str:
        value = str(Path(answer).expanduser().absolute()) if is_file else answer
        if is_file and not Path(value).exists():
            raise UsageWrong(f"There is no {value}.")
        if fault := fault_of(kind, name, value):
            raise UsageWrong(fault)
        return value

    if is_secret and (kept := os.environ.get(variable)):
        say(f"{name} is taken from {variable}.")
        found.values[name], found.secrets[name] = check(kept), Secret({"env": variable})
        return
    usual = found.addresses[0] if name == "user" else None
    if not wishes.ask:
        if usual is None:
            how = f"--mail {name}={'file:PATH' if is_secret else 'VALUE'}"
            raise missing(how + (f", or {variable} in the environment" if is_secret else ""))
        answer = check(usual)
    else:
        words = _WORDS[name] + (" (not shown)" if is_secret else "")
        answer = ask(NUMBER, words, usual, check, hidden=is_secret)
    found.values[name] = answer
    if is_secret:
        found.secrets[name] = secret_typed(path, kind.name, name, answer)
    else:
        found.options[name] = answer


def _try(found: Replies, call: Call) -> None:
    """Log in, or look at the files, and say what is found. Raises what goes wrong."""
    from regulars import clock
    from regulars_connectors import registry
    from regulars_connectors.contract import SyncState

    kind: Any = registry.find(found.connector)
    where = found.values.get("host") or found.values.get("path")
    say(f"Trying {where} …", quiet=call.quiet)
    runtime = clock.real_runtime()
    connector: Connector = kind(registry.settings_of(kind, found.values), runtime)
    try:
        for stream in connector.streams():
            connector.walks(stream, SyncState())  # which raises where a preflight only tells
        for told in connector.preflight().findings:
            say(f"{told.text} {told.fix or ''}".strip(), quiet=call.quiet and told.verdict == "ok")
    finally:
        connector.close()
