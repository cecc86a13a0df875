"""regulars demo: an invented newsletter, over the same path that real data take."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .context import Call, verb
from .terminal import echo, print_json, say

if TYPE_CHECKING:
    from regulars.settings import Settings
    from regulars.store import Store


@click.command(short_help="Show an invented newsletter. No account needed.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True,
    help="Port of the page. 0 picks a free one.",
)  # fmt: skip
@click.option("--seed", type=int, default=7, show_default=True, help="Same seed, same people.")
@click.option("--keep", is_flag=True, help="Keep the demo's folder when it ends.")
@click.option("--once", is_flag=True, help="End after the pulls, without serving the page.")
@click.option(
    "--browser/--no-browser",
    default=None,
    help="Open the page in your browser. Default: only on a terminal.",
)
@verb
def demo(call: Call, port: int, seed: int, keep: bool, once: bool, browser: bool | None) -> None:
    """Show an invented newsletter of 2,500 people: no account, no settings, no network.

    The demo pulls a simulated provider week by week through its past year and reads the letters of
    that year. Then it serves the page on this machine. Its data is in a temporary folder that is
    removed at the end.

    \b
    Examples:
      regulars demo
      regulars demo --keep --port 9000
    """
    say("Making an invented newsletter (2,500 people, two years)…", quiet=call.quiet)
    folder = Path(tempfile.mkdtemp(prefix="regulars-demo-"))
    try:
        _show(call, folder, port, seed, once=once, browser=browser)
    finally:
        if keep:
            say(f"Kept in {folder}.", quiet=call.quiet)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _show(
    call: Call, folder: Path, port: int, seed: int, *, once: bool, browser: bool | None
) -> None:
    from regulars.demo import (
        demo_settings,
        demo_tools,
        import_the_letters,
        provider_process,
        pull_the_past_year,
    )
    from regulars.reports.prepare import prepare_all
    from regulars.server.run import serving
    from regulars.store import Store
    from regulars_connectors.instants import to_datetime
    from regulars_connectors.simulator import World

    started = time.monotonic()
    with provider_process(seed) as (clock, api_url):
        world = World(seed)
        settings = demo_settings(world, folder / "data", api_url, port)
        with Store(settings.store, purpose="demo") as store:
            for run in pull_the_past_year(store, settings, world, clock, _counting(call)):
                if run.outcome != "complete":
                    say(f"A pull was not complete: {run.reason}")
            run = import_the_letters(store, settings, world, clock, folder / "letters.mbox")
            if run.outcome != "complete":
                say(f"The letters were not imported: {run.reason}")
            prepare_all(store, settings.publications, to_datetime(clock()))
            _tell(call, settings, store, clock())
            if once:
                return
            with serving(settings, store, demo_tools(clock)) as url:
                seconds = time.monotonic() - started
                if call.as_json:
                    print_json({"url": url, "seconds": round(seconds, 1)})
                say(
                    f"The page: {url} (after {seconds:.0f} s; Ctrl-C ends the demo)",
                    quiet=call.quiet,
                )
                _offer_browser(url, browser)
                _until_interrupted()


def _counting(call: Call) -> Callable[[int, int], None]:
    def on_pull(done: int, total: int) -> None:
        if sys.stderr.isatty() and not call.quiet:
            echo(f"\rWeek {done} of {total} pulled", nl=done == total, err=True)
        elif done == total:
            say(f"{total} weekly pulls of the past year are done.", quiet=call.quiet)

    return on_pull


def _tell(call: Call, settings: Settings, store: Store, now: int) -> None:
    """Who keeps coming back, who wrote, and who waits."""
    from regulars.cli.report import ask_here

    if not call.as_json:
        for name in ("house", "letters", "waiting"):
            envelope = ask_here(settings, store, name, None, None, {}, now)
            echo(str(envelope["result"]["sentence"]))


def _offer_browser(url: str, browser: bool | None) -> None:
    if browser or (browser is None and sys.stdout.isatty()):
        import webbrowser

        webbrowser.open(url)


def _until_interrupted() -> None:
    ended = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()


COMMANDS = {"demo": demo}
