"""regulars simulate: a simulated provider for any client."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from .context import Call, verb
from .terminal import print_json, say


@click.group()
def simulate() -> None:
    """Serve a simulated provider on loopback, for any client."""


@simulate.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8901, show_default=True,
    help="Port of the API. 0 picks a free one.",
)  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same people.")
@click.option(
    "--subscribers", type=click.IntRange(1, 1_000_000), default=2500, show_default=True,
    help="How many subscriptions a full walk returns.",
)  # fmt: skip
@click.option(
    "--publications", type=click.IntRange(1, 100), default=1, show_default=True,
    help="How many newsletters the organisation has, each with that many subscribers.",
)  # fmt: skip
@click.option("--at", "at_text", metavar="DATE", help="The world's date. Default: its last day.")
@click.option("--quota", type=click.IntRange(1), help="Requests per minute. Default: no limit.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    help="Simulate a fault, such as storm-429. An unknown name lists all. May be repeated.",
)
@verb
def beehiiv(
    call: Call,
    port: int,
    seed: int,
    subscribers: int,
    publications: int,
    at_text: str | None,
    quota: int | None,
    faults: tuple[str, ...],
) -> None:
    """Serve an invented newsletter as the beehiiv API would. Any bearer token works.

    \b
    Examples:
      regulars simulate beehiiv --port 8901 --seed 7 --subscribers 2500
      regulars simulate beehiiv --publications 3 --quota 180 --fault storm-429
    """
    from regulars.errors import UsageWrong
    from regulars_connectors.instants import from_iso
    from regulars_connectors.simulator import run_beehiiv

    try:
        at = from_iso(at_text) if at_text else None
        run_beehiiv(
            port=port, seed=seed, subscribers=subscribers, publications=publications, at=at,
            quota=quota, faults=faults, announce=lambda text: say(text, quiet=call.quiet),
            ready=lambda url, shown: _tell(call, url, shown),
        )  # fmt: skip
    except ValueError as error:
        raise UsageWrong(str(error)) from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error.strerror
        raise UsageWrong(
            f"Port {port} cannot be used: {reason}.",
            to_do="Choose another port, or let --port 0 pick a free one.",
        ) from error


@simulate.command()
@click.argument("url")
@click.option(
    "--secret", required=True, metavar="env:NAME|file:PATH",
    help="Where the signing secret lies, whsec_…, the webhook_secret of the connection.",
)  # fmt: skip
@click.option(
    "--event", "event_type", default="post.sent", show_default=True,
    help="What it reports: post.sent or survey.response_submitted.",
)  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same people.")
@verb
def webhook(call: Call, url: str, secret: str, event_type: str, seed: int) -> None:
    """Send one signed delivery of beehiiv to URL on this machine.

    \b
    Example:
      regulars simulate webhook --secret env:BEEHIIV_WEBHOOK_SECRET \\
        http://127.0.0.1:8765/api/v1/hooks/field-notes-beehiiv
    """
    from regulars import clock
    from regulars.errors import UsageWrong
    from regulars.settings import FILE_NAME, secret_given
    from regulars_connectors.simulator import World, deliver

    _, key = secret_given(Path(FILE_NAME), "secret", secret)
    try:
        world = World(seed, subscribers=20, posts=4)
        status = deliver(url, key, event_type, world, clock.system_clock())
    except ValueError as error:
        raise UsageWrong(str(error)) from error
    except OSError as error:
        raise UsageWrong(
            f"Nothing answers at {url}.", to_do="Start `regulars serve`, then send it again."
        ) from error
    if call.as_json:
        print_json({"event_type": event_type, "status": status})
    else:
        say(f"{event_type} was answered with {status}.", quiet=False)


def _tell(call: Call, url: str, shown: Mapping[str, int]) -> None:
    if call.as_json:
        items = [{"id": one, "subscriptions": count} for one, count in shown.items()]
        print_json({"base_url": url, "publications": items})


COMMANDS = {"simulate": simulate}
