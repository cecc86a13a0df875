"""What the verbs are given: the settings file, the clock, a store, a running server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, update_wrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from .terminal import errors_in_words

if TYPE_CHECKING:
    from regulars.log import LogFormat
    from regulars.server.client import ServerClient
    from regulars.settings import Settings
    from regulars.store import Store


@dataclass(slots=True)
class Call:
    """One call of the command line."""

    config: Path | None
    verbose: bool
    as_json: bool = False
    quiet: bool = False
    log_format: LogFormat = "text"

    def settings(self) -> Settings:
        """The settings; raises SettingsWrong."""
        from regulars.settings import load_settings

        return load_settings(self.config)

    @contextmanager
    def store(
        self, settings: Settings, purpose: str, *, repair: bool = False, give_up: bool = False
    ) -> Iterator[Store]:
        """The store, opened for this call. Raises StoreLocked when another process holds it.

        Raises ClockWrong before anything is read or written. repair, give_up: go on where entries
        are lost, and without history files that are.
        """
        from regulars.clock import require_plausible_clock
        from regulars.store import Store

        from .terminal import say

        require_plausible_clock()
        with Store(settings.store, purpose=purpose, repair=repair, give_up=give_up) as store:
            for notice in store.notices:
                say(notice, quiet=self.quiet)
            store.on_mended = partial(say, quiet=self.quiet)
            yield store

    @contextmanager
    def store_to_read(self, settings: Settings, purpose: str) -> Iterator[Store]:
        """The store, or an empty temporary one before the first sync: reading creates no files."""
        from regulars.store import is_store

        if is_store(settings.store.folder):
            with self.store(settings, purpose) as store:
                yield store
            return
        with TemporaryDirectory(prefix="regulars-") as folder:
            empty = {"folder": Path(folder) / "data", "free_space_floor_mib": 0}
            elsewhere = settings.store.model_copy(update=empty)
            with self.store(settings.model_copy(update={"store": elsewhere}), purpose) as store:
                yield store

    def server(self, settings: Settings) -> ServerClient | None:
        """The running `regulars serve` that holds the store, if there is one."""
        from regulars.server.client import running_server

        server = running_server(settings.store.folder)
        if server is not None:
            click.get_current_context().call_on_close(server.close)
        return server


@contextmanager
def own_store(call: Call, settings: Settings, purpose: str) -> Iterator[Store | None]:
    """The store, opened by this process; None before the first sync. Raises StoreLocked."""
    from regulars.errors import StoreLocked
    from regulars.store import is_store

    if not is_store(settings.store.folder):
        yield None
        return
    if call.server(settings) is not None:
        raise StoreLocked(
            "`regulars serve` is running and holds the store.",
            to_do="Stop it, run this command again, then start it again.",
            safe="Nothing was changed.",
        )
    with call.store(settings, purpose) as store:
        yield store


def verb(function: Callable[..., None]) -> Callable[..., Any]:
    """The options that every verb has, and the edge that turns errors into words.

    --log-format is listed once, before the verbs, and may stand behind each of them.
    """

    @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
    @click.option("--quiet", is_flag=True, help="Print only the result and errors.")
    @click.option("--verbose", is_flag=True, help="Show logs and error traces.")
    @click.option("--log-format", type=click.Choice(["text", "json"]), hidden=True)
    @click.pass_context
    def run(
        context: click.Context,
        /,
        *args: Any,
        as_json: bool,
        quiet: bool,
        verbose: bool,
        log_format: LogFormat | None,
        **kwargs: Any,
    ) -> None:
        from regulars.log import set_up_logging

        call: Call = context.obj
        call.as_json, call.quiet = as_json, quiet
        call.verbose = call.verbose or verbose
        call.log_format = log_format or call.log_format
        set_up_logging(verbose=call.verbose, form=call.log_format)
        with errors_in_words(as_json=as_json, verbose=call.verbose):
            function(call, *args, **kwargs)

    return update_wrapper(run, function)
