"""YAML in the documentation is YAML, and the CronJob of Kubernetes says what it should."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from cronsim import CronSim
from support.read_yaml import read_yaml

from regulars.cli.sync import COMMANDS

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "keep-it-fresh.md"


def blocks(page: Path) -> list[str]:
    """The YAML blocks of a page."""
    return re.findall(r"```ya?ml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def documents(folder: Path, page: Path) -> list[Any]:
    """What the blocks of the page hold."""
    found = []
    for number, text in enumerate(blocks(page)):
        file = folder / f"{page.stem}-{number}.yaml"
        file.write_text(text)
        found.append(read_yaml(file))
    return found


@pytest.fixture
def cron_job(tmp_path: Path) -> dict[str, Any]:
    (found,) = documents(tmp_path, PAGE)
    return dict(found)


def test_every_block_of_yaml_can_be_read(tmp_path: Path) -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found = {page: documents(tmp_path, page) for page in pages if blocks(page)}
    assert PAGE in found
    for page, each in found.items():
        assert all(isinstance(document, dict | list) for document in each), page


@pytest.mark.parametrize("wrong", ["a: [1", "a: 1\n\tb: 2", "a: 1\na: 2"])
def test_a_wrong_block_is_found(tmp_path: Path, wrong: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```yaml\n{wrong}\n```\n")
    with pytest.raises(AssertionError, match="Error"):
        documents(tmp_path, page)


def test_the_cron_job_asks_every_five_minutes_one_at_a_time(cron_job: dict[str, Any]) -> None:
    assert (cron_job["apiVersion"], cron_job["kind"]) == ("batch/v1", "CronJob")
    spec = cron_job["spec"]
    begin = datetime(2026, 3, 28, 23, 58, tzinfo=UTC)
    times = list(islice(CronSim(spec["schedule"], begin), 300))
    assert times[0] == datetime(2026, 3, 29, tzinfo=UTC)
    assert {later - before for before, later in pairwise(times)} == {timedelta(minutes=5)}
    assert spec["concurrencyPolicy"] == "Forbid"


def test_each_of_its_pods_syncs_what_is_due_and_ends(cron_job: dict[str, Any]) -> None:
    pod = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    # The next call makes up what this one left undone.
    assert pod["restartPolicy"] == "Never"
    (container,) = pod["containers"]
    program, verb, *options = container["args"]
    assert (program, verb, options[0]) == ("regulars", "sync", "--due")
    known = {name for parameter in COMMANDS["sync"].params for name in parameter.opts}
    assert set(options) <= known


def test_it_has_the_user_the_folder_and_the_secrets_of_the_image(cron_job: dict[str, Any]) -> None:
    pod = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "ENTRYPOINT" not in image  # so that the arguments are the whole command
    user = pod["securityContext"]["runAsUser"]
    assert re.search(rf"^USER {user}\b", image, re.MULTILINE)
    assert pod["securityContext"]["fsGroup"] == user
    (container,) = pod["containers"]
    (mount,) = container["volumeMounts"]
    assert re.search(rf"^VOLUME .*{mount['mountPath']}\b", image, re.MULTILINE)
    assert [volume["name"] for volume in pod["volumes"]] == [mount["name"]]
    assert "persistentVolumeClaim" in pod["volumes"][0]
    assert container["envFrom"] == [{"secretRef": {"name": "regulars"}}]
