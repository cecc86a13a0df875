"""/metrics of a server over a store that an import filled: it parses, and names nobody."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.command import run

from regulars.clock import real_runtime
from regulars.server.run import serving
from regulars.settings import build_settings
from regulars.store import Store

EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "import-files-example"
PUBLICATION = "canary-letters"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "regulars.toml").write_text(
        '[store]\nfolder = "data"\nfree_space_floor_mib = 0\n', encoding="utf-8"
    )
    said = run(
        tmp_path / "regulars.toml", "import", "files", str(EXAMPLE), "--publication", PUBLICATION
    )
    assert said.code == 0, said.err
    return tmp_path


@pytest.mark.long
def test_a_server_tells_prometheus_and_names_nobody(folder: Path) -> None:
    settings = build_settings(
        {"store": {"folder": folder / "data", "free_space_floor_mib": 0}, "server": {"port": 0}},
        None,
    )
    with Store(settings.store) as store:
        with store.read() as cursor:
            people = cursor.execute("SELECT email, name FROM words").fetchall()
            titles = cursor.execute("SELECT title FROM posts").fetchall()
        with serving(settings, store, real_runtime()) as url:
            paths = ("/", f"/publications/{PUBLICATION}", "/healthz", f"/{people[0][0]}")
            for path in paths:
                httpx.get(url + path)
            answer = httpx.get(f"{url}/metrics")
    assert answer.status_code == 200
    text = answer.text
    samples = {
        (sample.name, sample.labels.get("connector")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["regulars_runs_total", "files"] == 1
    assert samples["regulars_rows_seen_total", "files"] >= len(people) + len(titles) > 0
    private = {value for row in (*people, *titles) for value in row if value}
    assert len(private) > 10
    for value in (*private, PUBLICATION, str(folder), url):
        assert value not in text
