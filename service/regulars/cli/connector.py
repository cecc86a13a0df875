"""regulars connector: list installed connectors, and run the conformance checks."""

from __future__ import annotations

from dataclasses import asdict

import click

from regulars_connectors.plural import pluralize

from .context import Call, verb
from .options import set_option, values_of
from .terminal import echo, print_json, results_alone, say, say_error


@click.group()
def connector() -> None:
    """List installed connectors and run the conformance checks."""


@connector.command("list", short_help="List installed connectors.")
@verb
def list_connectors(call: Call) -> None:
    """List the installed connectors and the packages they come from.

    \b
    Examples:
      regulars connector list
      regulars connector list --json
    """
    from regulars.connections.check import installed_connectors

    with results_alone():
        found = installed_connectors()
    if call.as_json:
        print_json({"connectors": [asdict(one) for one in found]})
        return
    for one in found:
        echo(f"{one.name:16} {one.package:24} {one.fault or one.place}")


@connector.command(short_help="Run the conformance checks.")
@click.argument("name")
@click.option(
    "--connection", metavar="NAME",
    help="Use the settings of this connection. Default: the only one of this connector.",
)  # fmt: skip
@set_option("Use these settings instead. Give a secret as NAME=env:VARIABLE or NAME=file:PATH.")
@click.option(
    "--pages", type=click.IntRange(1, 10_000), default=5, show_default=True,
    help="Pages to read of each walk. Each walk is read several times.",
)  # fmt: skip
@verb
def check(
    call: Call, name: str, connection: str | None, pairs: tuple[str, ...], pages: int
) -> None:
    """Check that the connector NAME keeps its promises. It only reads, and stores nothing.

    \b
    Examples:
      regulars connector check beehiiv --connection field-notes-beehiiv
      regulars connector check files --set folder=my-newsletter/
    """
    from regulars.clock import real_runtime
    from regulars.connections.check import check_installed
    from regulars.errors import error_facts, exit_code_of

    given = values_of(pairs)
    with results_alone():
        checked = check_installed(
            call.settings(), name, real_runtime(), connection=connection, given=given, pages=pages
        )
    broken = sum(verdict.verdict == "error" for verdict in checked.verdicts)
    error = error_facts(checked.error) if checked.error is not None else None
    if call.as_json:
        verdicts = [asdict(verdict) for verdict in checked.verdicts]
        print_json({"connector": name, "verdicts": verdicts, "broken": broken, "error": error})
    else:
        for verdict in checked.verdicts:
            echo(verdict.text())
        if error is None:
            found = pluralize(broken, "broken promise")
            say(f"{name}: {found}." if broken else f"{name} keeps its promises.")
    if error is not None:
        say_error(error)
    if checked.error is not None or broken:
        raise SystemExit(exit_code_of(checked.error) if checked.error is not None else 1)


COMMANDS = {"connector": connector}
