"""The application over a real store, asked in this process as by a browser on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx

from regulars.api.app import create_app
from regulars.clock import system_clock
from regulars.settings import load_settings
from regulars.store import Store

BASE = "http://127.0.0.1:8765"


@dataclass
class Served:
    """The application."""

    app: Any

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        """As a form or a script of the page sends it."""
        more.setdefault("headers", {"Origin": BASE})
        return self.ask("POST", path, **more)


@contextmanager
def served_store(config: Path) -> Iterator[Served]:
    """The application of these settings."""
    settings = load_settings(config)
    with Store(settings.store) as store:
        yield Served(create_app(settings, store, cast("Any", None), system_clock))
