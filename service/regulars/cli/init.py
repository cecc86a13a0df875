"""regulars init: at most six questions, each answer tested as it is typed."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.plural import pluralize

from .context import Call, verb
from .init_replies import Replies, replies_of
from .options import set_option, values_of
from .questions import Wishes, ask, given_or_asked, missing
from .terminal import INTERRUPTED, echo, print_json, say

if TYPE_CHECKING:
    from regulars.onboarding import Prompt
    from regulars.settings import Secret
    from regulars.settings.editor import SettingsFile
    from regulars_connectors.contract import AvailablePublication


@dataclass(slots=True)
class Opened:
    """A connector and what its answers open."""

    connector: str
    kind: Any
    options: dict[str, Any]
    secrets: dict[str, Secret]
    further: dict[str, Any]
    offers: Sequence[AvailablePublication] = field(default_factory=tuple)


@click.command(short_help="Write your settings in at most six questions.")
@click.option(
    "--connector",
    metavar="NAME",
    help="Provider of your newsletter: beehiiv, ghost, or an installed connector.",
)
@click.option(
    "--publication", "publications", multiple=True, metavar="ID",
    help="Add the publication with this id or title. May be repeated.",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Add every publication that the key opens.")
@click.option(
    "--time-zone", metavar="ZONE", help="Zone of your days and weeks, such as Europe/Lisbon."
)
@click.option(
    "--folder",
    metavar="DIR",
    help="Folder for the data. Default: data, beside the settings file.",
)
@click.option(
    "--base-url", metavar="URL", help="Address of the provider, for Ghost or a simulator."
)
@set_option(
    "A setting of the connector (docs/reference/connectors.md). Give a secret as NAME=file:PATH or"
    " NAME=env:VARIABLE: it stays there."
)
@click.option(
    "--replies",
    metavar="PLACE",
    help="Where replies arrive: gmail, fastmail, outlook, server, files, or later.",
)
@click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    help="Your own address, to which readers reply. May be repeated, as for colleagues.",
)
@click.option(
    "--mail", "mail_pairs", multiple=True, metavar="NAME=VALUE",
    help="A setting of the mailbox, such as password=file:PATH or oauth_file=PATH. May be"
    " repeated.",
)  # fmt: skip
@click.option(
    "--no-input",
    is_flag=True,
    help="Ask nothing: use only options and the environment, as in a script.",
)
@verb
def init(
    call: Call,
    connector: str | None,
    publications: tuple[str, ...],
    every: bool,
    time_zone: str | None,
    folder: str | None,
    base_url: str | None,
    pairs: tuple[str, ...],
    replies: str | None,
    addresses: tuple[str, ...],
    mail_pairs: tuple[str, ...],
    no_input: bool,
) -> None:
    """Write your settings: which newsletter, its key, its time zone, the folder for the data,
    and where replies arrive.

    The settings are written after your last answer. A key in an environment variable, such as
    BEEHIIV_API_KEY, stays there. A key or password that you type goes into a file that only you can
    read. A mailbox is tried before anything is written. An existing settings file is extended and
    keeps its comments.

    \b
    Examples:
      regulars init
      regulars init --no-input --connector beehiiv --all --time-zone Europe/Lisbon
      regulars init --replies gmail --address ada@letters.example
    """
    given = values_of((*pairs, *((f"base_url={base_url}",) if base_url else ())))
    wishes = Wishes(
        connector, publications, every, time_zone, folder, given, not no_input, replies, addresses,
        values_of(mail_pairs, "--mail"),
    )  # fmt: skip
    try:
        _set_up(call, wishes)
    except (click.Abort, KeyboardInterrupt, EOFError):
        say("\nStopped. Nothing was written. In scripts, use --no-input.")
        raise SystemExit(INTERRUPTED) from None


def _set_up(call: Call, wishes: Wishes) -> None:
    from regulars.onboarding import check_folder, guess_zone, write_all, zone_typed
    from regulars.settings import FILE_NAME, find_settings_file
    from regulars.settings.editor import SettingsFile

    path = find_settings_file(call.config) or Path(FILE_NAME)
    file = SettingsFile(path)
    if file.exists:
        say(f"{path} exists. Your choices are added to it.", quiet=call.quiet)
    opened = _open(path, *_which_connector(wishes), wishes, call)
    chosen = _which_publications(file, opened, wishes)
    if not chosen:
        _tell_nothing_new(call, file)
        return
    zone = given_or_asked(
        wishes, wishes.time_zone, 4, "Time zone of your days and weeks",
        _zone_of(file) or guess_zone(), zone_typed,
    )  # fmt: skip
    folder = None
    if file.store_folder is None:
        folder = given_or_asked(
            wishes, wishes.folder, 5, "Folder for the data", "data",
            lambda answer: check_folder(path, answer),
        )  # fmt: skip
        file.set_store_folder(folder)
    replies = replies_of(path, wishes, call)
    added = [_add(file, opened, offer, zone, replies) for offer in chosen]
    secrets = [*opened.secrets.values(), *(replies.secrets.values() if replies else ())]
    with _undisturbed():
        write_all(file, secrets)
    _tell(call, file, added, secrets, new=not file.exists)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore Ctrl-C for a moment: secrets and settings must be written together."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# The first five questions


def _which_connector(wishes: Wishes) -> tuple[str, Any]:
    """Question 1; the name that the settings give it, and its class."""
    from regulars.errors import SettingsWrong, UsageWrong
    from regulars.onboarding import connectors_that_discover

    found, broken = connectors_that_discover()
    for text in broken:
        say(text)
    if not found:
        raise SettingsWrong("No connector is installed that can list publications.")
    names = ", ".join(found)

    def check(answer: str) -> tuple[str, Any]:
        if answer not in found:
            raise UsageWrong(
                f"{answer!r} cannot be set up here. Choose one of: {names}.",
                to_do="For a history in files: regulars import files FOLDER --publication NAME",
            )
        return answer, found[answer]

    only = next(iter(found)) if len(found) == 1 else None
    question = f"Where does your newsletter come from? ({names})"
    return given_or_asked(wishes, wishes.connector, 1, question, only, check)


def _open(path: Path, connector: str, kind: Any, wishes: Wishes, call: Call) -> Opened:
    """Question 2: the key, and what else the connector asks for; tested at the provider."""
    from regulars import clock
    from regulars.errors import RegularsError
    from regulars.onboarding import asked_of, given_options, offers_of
    from regulars_connectors.errors import AuthenticationFailed, ConnectorError

    runtime = clock.real_runtime()
    further, secrets, texts = given_options(path, kind, wishes.given)
    opened = Opened(connector, kind, dict(texts), secrets, further)
    wanted = [asked for asked in asked_of(connector, kind) if asked.name not in further]
    may_use_environment = True
    while True:
        for asked in wanted:
            _answer(path, opened, asked, wishes, may_use_environment)
        try:
            say(f"Asking {connector} …", quiet=call.quiet)
            opened.offers = offers_of(kind, {**further, **opened.options}, runtime)
            return opened
        except (ConnectorError, RegularsError) as error:
            # The family's own advice is for settings and syncs that are there.
            is_own = error.to_do != type(error).to_do
            # Whoever typed no address cannot mend one; the key can be typed again.
            can_help = isinstance(error, AuthenticationFailed) or "base_url" not in further
            if not wishes.ask or not can_help:
                error.safe = "Nothing was written."
                if not is_own:
                    error.to_do = "Correct this, then run `regulars init` again."
                raise
            say(f"{error.happened} {error.to_do}" if is_own else error.happened)
            may_use_environment = False
            if isinstance(error, AuthenticationFailed):
                wanted = [asked for asked in wanted if asked.is_secret] or wanted


def _answer(path: Path, opened: Opened, asked: Prompt, wishes: Wishes, may_use: bool) -> None:
    """One value for the connector: from a file, the environment, or the keyboard."""
    from regulars.errors import UsageWrong
    from regulars.onboarding import fault_of
    from regulars.settings import Secret, secret_typed

    def check(answer: str) -> str:
        if fault := fault_of(opened.kind, asked.name, answer):
            raise UsageWrong(fault)
        return answer

    if may_use and asked.name in opened.secrets:
        return
    if may_use and (found := asked.from_environment):
        say(f"{asked.name} is taken from {asked.variable}.")
        opened.options[asked.name] = check(found)
        if asked.is_secret:
            opened.secrets[asked.name] = Secret({"env": asked.variable})
        return
    if not wishes.ask:
        how = f"--set {asked.name}={'file:PATH' if asked.is_secret else 'VALUE'}"
        raise UsageWrong(f"{asked.name} is missing.", to_do=f"Set {asked.variable}, or give {how}.")
    question = f"{opened.connector}: {asked.words}"
    if asked.is_secret:
        question += " (not shown)"
    before = None if asked.is_secret else opened.options.get(asked.name)
    answer = ask(2, question, before, check, hidden=asked.is_secret)
    opened.options[asked.name] = answer
    if asked.is_secret:
        opened.secrets[asked.name] = secret_typed(path, opened.connector, asked.name, answer)


def _which_publications(
    file: SettingsFile, opened: Opened, wishes: Wishes
) -> list[AvailablePublication]:
    """Question 3; none where every publication stands in the settings already."""
    from regulars.errors import UsageWrong
    from regulars.onboarding import chosen_of

    there = [offer for offer in opened.offers if _stands_in(file, opened, offer)]
    new = [offer for offer in opened.offers if offer not in there]

    def check(words: Sequence[str]) -> list[AvailablePublication]:
        chosen = chosen_of(words, opened.offers)
        if doubled := [offer.title for offer in chosen if offer in there]:
            raise UsageWrong(f"{doubled[0]!r} is already in the settings.")
        return chosen

    def check_typed(answer: str) -> list[AvailablePublication]:
        return new if answer.lower() == "all" else check(answer.split(","))

    if wishes.publications:
        return check(wishes.publications)
    if not new or wishes.every or (len(new) == 1 and not wishes.ask):
        return new
    for number, offer in enumerate(opened.offers, start=1):
        say(_in_list(number, offer, already=offer in there))
    if not wishes.ask:
        raise missing("--publication ID, or --all")
    only = str(opened.offers.index(new[0]) + 1) if len(new) == 1 else None
    question = "Which of these? Numbers separated by commas, or all"
    return ask(3, question, only or "all", check_typed)


def _stands_in(file: SettingsFile, opened: Opened, offer: AvailablePublication) -> bool:
    from regulars.onboarding import is_there

    plain = {name: value for name, value in opened.options.items() if name not in opened.secrets}
    return is_there(file, opened.connector, plain | dict(offer.options))


def _in_list(number: int, offer: AvailablePublication, *, already: bool) -> str:
    people = (
        ""
        if offer.subscriptions is None
        else f", {pluralize(offer.subscriptions, 'person', 'people')}"
    )
    return f"  {number}  {offer.title}{people}" + (" (already in the settings)" if already else "")


def _zone_of(file: SettingsFile) -> str | None:
    zones = [one["time_zone"] for one in file.publications if one.get("time_zone")]
    return str(zones[-1]) if zones else None


# The settings, and what to do next


def _add(
    file: SettingsFile,
    opened: Opened,
    offer: AvailablePublication,
    zone: str,
    replies: Replies | None,
) -> dict[str, str]:
    """Put a publication into the settings; what was added, in words for people and programs."""
    from regulars import clock
    from regulars.jobs.rules import fitting_rule
    from regulars.onboarding import free_name, short_name
    from regulars.settings import plain_name

    publications = file.publications
    name = short_name(offer.title, opened.connector, [str(one["name"]) for one in publications])
    taken = [str(one["name"]) for pub in publications for one in pub.get("connections", ())]
    connection = {
        "name": free_name(f"{name}-{plain_name(opened.connector)}", taken),
        "connector": opened.connector,
        **{key: value for key, value in offer.options.items() if value is not None},
        **opened.options,
        **{key: secret.reference for key, secret in opened.secrets.items()},
        **opened.further,
    }
    values = {**dict(offer.options), **opened.further, **opened.options}
    rule = fitting_rule(str(connection["name"]), opened.kind, values, clock.real_runtime())
    if rule is not None:
        connection["sync"] = rule.text
    publication = {"name": name, "title": offer.title, "time_zone": zone}
    letters = None
    if replies is not None:
        mailbox = {"name": free_name(f"{name}-mail", [*taken, str(connection["name"])])}
        letters = {"addresses": list(replies.addresses)}, mailbox | replies.connection
    text = file.add_publication(publication, connection, letters)
    return {"name": name, "title": offer.title, "connection": connection["name"], "text": text}


def _tell_nothing_new(call: Call, file: SettingsFile) -> None:
    if call.as_json:
        facts = {"settings_file": str(file.path), "created": False}
        print_json(facts | {"publications": [], "secret_files": []})
    else:
        echo("Every publication that this key opens is already in the settings.")
    say("Nothing was changed. `regulars sync` brings them up to date.", quiet=call.quiet)


def _tell(
    call: Call,
    file: SettingsFile,
    added: list[dict[str, str]],
    secrets: Sequence[Secret],
    *,
    new: bool,
) -> None:
    kept = sorted({str(s.file) for s in secrets if s.file is not None})
    if call.as_json:
        items = [{key: one[key] for key in ("name", "title", "connection")} for one in added]
        facts = {"settings_file": str(file.path), "created": new}
        print_json(facts | {"publications": items, "secret_files": kept})
    else:
        # Of a file that was there only what is new: it may hold secrets in clear.
        echo(file.text if new else "\n".join(one["text"] for one in added), nl=False)
    say(f"\n{'Written to' if new else 'Added to'} {file.path}.", quiet=call.quiet)
    for path in kept:
        say(f"The secret is in {path}, which only you can read.", quiet=call.quiet)
    say("Next: regulars sync, then regulars serve.", quiet=call.quiet)


COMMANDS = {"init": init}
