"""YAML in the documentation is YAML, and the CronJob of Kubernetes says what it should.

PyYAML is no dependency of ours. That of the environment for Schemathesis reads the blocks.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from cronsim import CronSim
from support.environments import kept_environment

from regulars.cli.sync import COMMANDS

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements" / "schemathesis.txt"
PAGE = ROOT / "docs" / "how-to" / "keep-it-fresh.md"
# Twice the same key in a mapping is an error of YAML that PyYAML overlooks.
READER = """
import json, sys, yaml

class Strict(yaml.SafeLoader):
    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key comes twice: {keys}"
        return super().construct_mapping(node, deep)

print(json.dumps([list(yaml.load_all(text, Strict)) for text in json.load(sys.stdin)]))
"""


def blocks(page: Path) -> list[str]:
    """The YAML blocks of a page."""
    return re.findall(r"```ya?ml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def read(texts: list[str]) -> subprocess.CompletedProcess[str]:
    """What the reader says of the texts."""
    return subprocess.run(
        [str(kept_environment(REQUIREMENTS)), "-c", READER],
        input=json.dumps(texts), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cron_job() -> dict[str, Any]:
    ((found,),) = documents(PAGE)
    return dict(found)


def documents(page: Path) -> Iterator[list[Any]]:
    done = read(blocks(page))
    assert done.returncode == 0, done.stderr
    yield from json.loads(done.stdout)


def test_every_block_of_yaml_can_be_read() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found = {page: list(documents(page)) for page in pages if blocks(page)}
    assert PAGE in found
    for page, read_blocks in found.items():
        for each in read_blocks:
            assert all(isinstance(document, dict) for document in each), page


@pytest.mark.parametrize("wrong", ["a: [1", "a: 1\n\tb: 2", "a: 1\na: 2"])
def test_a_wrong_block_is_found(wrong: str) -> None:
    done = read([wrong])
    assert done.returncode != 0
    assert "Error" in done.stderr


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
