"""regulars sign-in: a one-time link for your browser."""

from __future__ import annotations

import click

from regulars_connectors.plural import pluralize

from .context import Call, verb
from .keys import opened_register
from .terminal import echo, print_json, say


@click.command(name="sign-in", short_help="Print a one-time link to sign in with a browser.")
@click.option("--end-all", is_flag=True, help="End every session and link instead.")
@verb
def sign_in(call: Call, end_all: bool) -> None:
    """Print a link that signs a browser in. It works once, for ten minutes.

    The session ends after 30 days, when you sign out, or with --end-all.

    \b
    Examples:
      regulars sign-in
      regulars sign-in --end-all
    """
    if end_all:
        _end_all(call)
        return
    from regulars.access.shown import shown_link

    settings = call.settings()
    server = call.server(settings)
    if server is not None:
        made, base = server.add_sign_in_link(), settings.server.public_url or server.url
    else:
        base = settings.server.public_url or settings.server.local_url
        with opened_register(call, settings, "sign-in") as register:
            made = shown_link(*register.make_link())
    url = f"{base}/sign-in?link={made['link']}"
    if call.as_json:
        print_json({"url": url, "ends_at": made["ends_at"]})
        return
    say("Open this link in your browser. It works once, for ten minutes.", quiet=call.quiet)
    if not settings.server.needs_authority:
        say("This service is open on this machine, so you need no sign-in.", quiet=call.quiet)
    elif server is None:
        say("Start `regulars serve` first.", quiet=call.quiet)
    echo(url)


def _end_all(call: Call) -> None:
    settings = call.settings()
    server = call.server(settings)
    if server is not None:
        ended = server.end_sessions()
    else:
        with opened_register(call, settings, "sign-in") as register:
            ended = register.end_all()
    if call.as_json:
        print_json({"ended": ended})
        return
    echo(f"{pluralize(ended, 'session')} ended. Links that were open are ended too.")


COMMANDS = {"sign-in": sign_in}
