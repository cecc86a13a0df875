"""regulars mail: say what is found in mails, without a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.plural import pluralize

from .context import Call, verb
from .terminal import SCHEMA_VERSION, echo

if TYPE_CHECKING:
    from regulars.replies.explain import Explained


@click.group()
def mail() -> None:
    """Tell who wrote a mail: a person or a machine."""


@mail.command(short_help="Say who wrote a mail, in which words, about which post.")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--posts", metavar="CSV", type=click.Path(path_type=Path),
    help="Posts that may be answered: a file with id, title, sent_at, text, message_id.",
)  # fmt: skip
@click.option(
    "--writer", "writers", metavar="ADDRESS", multiple=True,
    help="An address that you write from. May be repeated.",
)  # fmt: skip
@click.option("--mbox", "as_mbox", is_flag=True, help="Each FILE holds many mails, as .mbox does.")
@click.option("--text", "form", flag_value="text", help="Each FILE is the text of a mail alone.")
@click.option("--html", "form", flag_value="html", help="Each FILE is the HTML of a mail alone.")
@verb
def explain(
    call: Call,
    files: tuple[Path, ...],
    posts: Path | None,
    writers: tuple[str, ...],
    as_mbox: bool,
    form: str | None,
) -> None:
    """Say of each mail in FILE whether a person wrote it, in which words, and about which post.

    A FILE is one mail, a .mbox of many, a folder of files, or a Maildir. Nothing is stored, and
    nothing leaves this machine.

    \b
    Examples:
      regulars mail explain reply.eml --writer ada@example.org
      regulars mail explain Maildir --posts posts.csv --writer ada@example.org --json
    """
    from regulars.errors import RegularsError, UsageWrong
    from regulars.replies.explain import explain as explained
    from regulars.replies.explain import sources_of
    from regulars_connectors.mail.worker import WorkerBroken

    wrong = next((one for one in writers if "@" not in one.strip("@")), None)
    if wrong is not None:
        raise UsageWrong(f"{wrong!r} is no address.", to_do="Write it as in ada@example.org.")
    if as_mbox and form:
        raise UsageWrong(
            "--mbox reads whole mails, and --text and --html parts of one.",
            to_do="Give one of them.",
        )
    try:
        for one in explained(
            sources_of(files, as_mbox=as_mbox), writers=writers, posts=posts, form=form or "message"
        ):
            if call.as_json:
                _print_line(_facts(one))
            else:
                _show(one)
    except WorkerBroken as error:
        raise RegularsError(str(error), to_do="Run it again with --verbose.") from error


def _facts(one: Explained) -> dict[str, Any]:
    read = one.reading
    return {
        "file": one.file,
        "number": one.number,
        "class": read.kind,
        "rule": read.rule,
        "sender": read.sender,
        "sender_certain": read.sender_certain,
        "text": read.text,
        "signature": read.signature,
        "words": read.words,
        "question": read.question,
        "post": one.tie.post,
        "rung": one.tie.rung,
        "cut": list(read.cut),
    }


def _print_line(facts: dict[str, Any]) -> None:
    """One object, on one line: there may be many."""
    from regulars_connectors.foreign_text import json_lines

    line = json.dumps({"schema_version": SCHEMA_VERSION} | facts, ensure_ascii=False)
    click.echo(json_lines(line))


def _show(one: Explained) -> None:
    read = one.reading
    echo(f"{one.file} {one.number}: {read.kind} ({read.rule})")
    if read.sender:
        echo(f"  from {read.sender}{'' if read.sender_certain else ' (unsure)'}")
    if one.tie.post is not None:
        echo(f"  answers {one.tie.post} (rung {one.tie.rung})")
    if read.cut:
        echo(f"  left out: {', '.join(read.cut)}")
    asks = ", with a question" if read.question else ""
    echo(f"  {pluralize(read.words, 'word')}{asks}")
    for line in read.text.split("\n") if read.text else ():
        echo(f"  | {line}")


COMMANDS = {"mail": mail}
