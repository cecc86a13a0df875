"""regulars simulate: a simulated provider for any client."""

from __future__ import annotations

import os
from collections.abc import Mapping

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


def _tell(call: Call, url: str, shown: Mapping[str, int]) -> None:
    if call.as_json:
        items = [{"id": one, "subscriptions": count} for one, count in shown.items()]
        print_json({"base_url": url, "publications": items})


COMMANDS = {"simulate": simulate}
