"""Verbs, exit codes and the simulator's faults."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from regulars import cli
from regulars_connectors.simulator.faults import FAULTS

WIDTH = 94


def verbs() -> str:
    """Every verb with the help that it prints."""
    context = click.Context(cli.main, info_name="regulars")
    blocks = [f"## `regulars`\n\n{help_of(cli.main, context)}"]
    blocks += [
        f"## `{context.command_path}`\n\n{help_of(command, context)}"
        for command, context in commands_below(cli.main, context)
    ]
    return "\n\n".join(blocks)


def commands_below(
    group: click.Group, above: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    """Every command of a group that does something, in the order of the help."""
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        assert command is not None
        context = click.Context(command, parent=above, info_name=name)
        if isinstance(command, click.Group):
            yield from commands_below(command, context)
        else:
            yield command, context


def help_of(command: click.Command, context: click.Context) -> str:
    """The help text as a block, always equally wide."""
    context.terminal_width = context.max_content_width = WIDTH
    text = command.get_help(context)
    return "```text\n" + "\n".join(line.rstrip() for line in text.splitlines()) + "\n```"


def exit_codes() -> str:
    """The exit codes that `regulars --help` lists, as a table."""
    found = re.findall(r"(?<!\S)(\d+)  (\S.*?)(?=\s{2,}|$)", cli.main.epilog or "", re.MULTILINE)
    rows = ["| exit code | what it means |", "| --- | --- |"]
    rows += [f"| {code} | {meaning} |" for code, meaning in sorted(found, key=lambda x: int(x[0]))]
    return "\n".join(rows)


def faults() -> str:
    """The troubles that the simulator can be asked for."""
    rows = ["| fault | how long | what it does |", "| --- | --- | --- |"]
    rows += [f"| `{name}` | {fault.lasts} | {fault.text} |" for name, fault in FAULTS.items()]
    return "\n".join(rows)
