"""Which runs may go side by side: those of one account one after the other, a few accounts at once.

Runs of one account would only wait for each other under its pacer, each with a part in memory;
runs of different accounts wait for different providers.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Hashable
from pathlib import Path

from regulars_connectors import registry
from regulars_connectors.errors import ContractBroken, FixSettings

from .containment import blaming
from .errors import SettingsWrong
from .settings import ConnectionConfig, Settings, resolve_options

WIDTH = 4
"""Accounts at once: each holds a part of rows in memory, and the store writes one at a time."""

Work = Callable[[], None]


class Lanes:
    """Carries out work by account, in the order in which it came. Work must not raise."""

    def __init__(self, width: int = WIDTH) -> None:
        self._width = width
        self._changed = threading.Condition()
        self._waiting: dict[Hashable, deque[Work]] = {}
        self._busy: set[Hashable] = set()
        self._workers = 0

    def submit(self, account: Hashable, work: Work) -> None:
        """Do it in a thread, after all that came before for the account."""
        with self._changed:
            self._waiting.setdefault(account, deque()).append(work)
            if self._workers < self._width:
                self._workers += 1
                # A process that is told to stop at once does not wait for a provider.
                threading.Thread(target=self._work_on, daemon=True).start()

    def wait(self) -> None:
        """Until all of it is done. An interrupt comes through."""
        with self._changed:
            while self._workers:
                self._changed.wait()

    def _work_on(self) -> None:
        while (taken := self._take()) is not None:
            account, work = taken
            try:
                work()
            except BaseException:
                # Whoever waits must not wait for a thread that is gone.
                self._leave()
                raise
            finally:
                with self._changed:
                    self._busy.discard(account)

    def _take(self) -> tuple[Hashable, Work] | None:
        with self._changed:
            for account, works in self._waiting.items():
                if account not in self._busy:
                    self._busy.add(account)
                    work = works.popleft()
                    if not works:
                        del self._waiting[account]
                    return account, work
            self._leave()
            return None

    def _leave(self) -> None:
        with self._changed:
            self._workers -= 1
            self._changed.notify_all()


def account_of(settings: Settings, config: ConnectionConfig) -> Hashable:
    """Whose quota a connection uses, as its pacer sees it: the named account, or the same secrets.

    Connections without a secret, or whose settings are wrong, stand alone.
    """
    base = settings.source_file.resolve().parent if settings.source_file else Path.cwd()
    try:
        found = registry.find(config.connector)
        with blaming(config.connector, "its settings"):
            fields = found.Settings.model_fields
        options = resolve_options(config, base)
    except (FixSettings, ContractBroken, SettingsWrong):
        return (config.connector, "alone", config.name)
    if options.get("account"):
        return (config.connector, "account", str(options["account"]))
    secrets = tuple(
        (name, str(options[name]))
        for name in fields
        if name in options and registry.is_secret(fields[name])
    )
    if not secrets:
        return (config.connector, "alone", config.name)
    # Its digest: the key itself must not lie about in a table of lanes.
    return (config.connector, "secrets", hashlib.sha256(repr(secrets).encode()).digest())
