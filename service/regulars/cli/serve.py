"""regulars serve: the page, the API and the widgets, on loopback."""

from __future__ import annotations

import click

from .context import Call, verb
from .terminal import print_json, say


@click.command(short_help="Serve the page, the API and the widgets.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port. Default: the one in the settings. 0 picks a free one.",
)
@click.option(
    "--no-schedule",
    is_flag=True,
    help="Sync only when asked, as by `regulars sync --due` from cron.",
)
@verb
def serve(call: Call, port: int | None, no_schedule: bool) -> None:
    """Serve the page, the API and the widgets of every publication on this machine.

    It syncs each connection by itself, as `regulars schedule` shows. The server owns the store:
    `regulars sync` and `regulars report` ask it while it runs.

    \b
    Examples:
      regulars serve
      regulars serve --port 9000
    """
    from regulars.clock import real_runtime
    from regulars.jobs.loop import Scheduling
    from regulars.server.run import serve as run
    from regulars.widgets.publishing import configured_widgets

    settings = call.settings()
    if port is not None:
        settings = settings.model_copy(
            update={"server": settings.server.model_copy(update={"port": port})}
        )
    configured_widgets(settings)  # refused before the store is opened
    with call.store(settings, "serve") as store:

        def announce(url: str) -> None:
            if call.as_json:
                print_json({"url": url})
            else:
                say(f"Serving at {url} (Ctrl-C ends it).", quiet=call.quiet)

        scheduling = None if no_schedule else Scheduling()
        run(settings, store, real_runtime(), announce, warn=say, scheduling=scheduling)


COMMANDS = {"serve": serve}
