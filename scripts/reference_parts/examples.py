"""Examples of the OpenAPI document: the application is asked about an invented newsletter."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any, cast

import httpx

from regulars.api.app import BASE, create_app
from regulars.demo import demo_provider, demo_settings, pull_the_past_year
from regulars.reports import REPORTS
from regulars.settings import ConnectionConfig, Settings
from regulars.store import Store
from regulars_connectors.simulator import World

NAME, TITLE = "field-notes", "Field Notes"
LONGEST_LIST = 2


def openapi_examples() -> str:
    """Answers as JSON, long lists cut to their first items. The same at every call."""
    world = World(7, subscribers=60, spike=False, posts=11)
    with tempfile.TemporaryDirectory() as folder, demo_provider(world) as (clock, api_url):
        settings = _settings(world, Path(folder) / "data", api_url)
        _fix_secret(settings.store.folder)
        with Store(settings.store, purpose="examples") as store:
            for run in pull_the_past_year(store, settings, world, clock):
                assert run.outcome == "complete", run.reason
            app = create_app(settings, store, cast("Any", None), clock)
            answers = asyncio.run(_ask(app))
    return json.dumps(answers, indent=1, ensure_ascii=False) + "\n"


def _settings(world: World, folder: Path, api_url: str) -> Settings:
    settings = demo_settings(world, folder, api_url, 8765)
    [publication] = settings.publications
    [connection] = publication.connections
    named = ConnectionConfig(
        name=f"{NAME}-beehiiv", connector=connection.connector, options=connection.options
    )
    changes = {"name": NAME, "title": TITLE, "connections": (named,)}
    return settings.model_copy(update={"publications": (publication.model_copy(update=changes),)})


def _fix_secret(folder: Path) -> None:
    """Ids of people come from the store's secret."""
    folder.mkdir(mode=0o700)
    (folder / "secret").write_text("5e" * 32)


async def _ask(app: Any) -> dict[str, Any]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:

        async def get(path: str) -> Any:
            answer = await client.get(f"{BASE}/publications{path}")
            assert answer.status_code == 200, answer.text
            return answer.json()

        catalogue = await get(f"/{NAME}/reports")
        return {
            "publications": await get(""),
            "publication": _cut(await get(f"/{NAME}")),
            "catalogue": {"items": catalogue["items"][:1]},
            "reports": {
                report.name: _cut(await get(f"/{NAME}/reports/{report.name}")) for report in REPORTS
            },
        }


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value[:LONGEST_LIST]]
    return value
