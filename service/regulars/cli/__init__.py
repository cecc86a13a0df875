"""The command line: parses and calls, decides nothing. Verbs are loaded when they are used."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .context import Call

if TYPE_CHECKING:
    from regulars.log import LogFormat

_VERBS = {
    "demo": ("demo", "Show an invented newsletter. No account needed."),
    "init": ("init", "Write your settings in at most six questions."),
    "doctor": ("doctor", "Check settings, store and every connection."),
    "sync": ("sync", "Pull what is new from your providers."),
    "schedule": ("schedule", "Show when each connection syncs next, and why."),
    "status": ("status", "Show how fresh everything is."),
    "notify": ("notify", "Show what you would be told, and test that it reaches you."),
    "publication": ("publication", "List, rename, pause and remove newsletters."),
    "forget": ("forget", "Erase a person, and keep them out from now on."),
    "import": ("import_", "Import a history from files."),
    "mail": ("mail", "Tell who wrote a mail: a person or a machine."),
    "serve": ("serve", "Serve the page, the API and the widgets."),
    "report": ("report", "Show a report, or list the reports."),
    "letters": ("letters", "Let letters rest, put them off, or say who wrote them."),
    "keys": ("keys", "Let programs ask this service: add, list and revoke their keys."),
    "sign-in": ("sign_in", "Print a one-time link to sign in with a browser."),
    "widget": ("widget", "Publish figures: cards, badges, a web component."),
    "rebuild": ("store", "Rebuild the database from history and journal."),
    "verify": ("store", "Check the store, or a backup, file by file."),
    "backup": ("backup", "Copy the store to another place, also while it is served."),
    "export": ("export", "Write every table as CSV, NDJSON and Parquet."),
    "restore": ("backup", "Make a store from a backup, in an empty folder."),
    "simulate": ("simulate", "Serve a simulated provider on loopback, for any client."),
    "connector": ("connector", "List installed connectors and run the conformance checks."),
}
"""The module of each verb and its line in the list of verbs: no verb is loaded to be listed."""

_EXIT_CODES = """
\b
Exit codes:
  0  done                              5  provider away or over quota, resumes later
  1  failed                            6  partial, the data is kept
  2  wrong use                         7  integrity check failed
  3  settings missing or wrong         8  another process holds the data
  4  the provider refused the key    130  interrupted
"""


class _Verbs(click.Group):
    """A group whose commands live in modules of their own and are imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        module = importlib.import_module(f"{__name__}.{_VERBS[cmd_name][0]}")
        command: click.Command = module.COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _VERBS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _VERBS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], _VERBS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"There is no verb {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Verbs, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file. Default: REGULARS_CONFIG, ./regulars.toml, or the one in your own folder.",
)
@click.option("--verbose", is_flag=True, help="Show logs and error traces.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    envvar="REGULARS_LOG_FORMAT",
    help="Form of the log on stderr: words, or a JSON line for each event. May stand behind a verb."
    " Default: REGULARS_LOG_FORMAT, or text.",
)
@click.version_option(package_name="regulars", prog_name="regulars")
@click.pass_context
def main(context: click.Context, config: Path | None, verbose: bool, log_format: LogFormat) -> None:
    """Who keeps reading your newsletter, who writes back, and what stayed after a spike.

    Look first: demo. Then your own newsletter: init, sync, serve; or import, serve.

    \b
    Examples:
      regulars demo
      regulars import files my-newsletter/ --publication field-notes
    """
    context.obj = Call(config, verbose, log_format=log_format)


if __name__ == "__main__":
    sys.exit(main())
