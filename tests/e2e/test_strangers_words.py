"""Canaries as every word that a stranger may choose: none leaves a verb, page or picture raw."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.command import run
from support.invented_house import FULL, Invented
from support.invented_service import KEY, ApiClient, settings_of

from regulars_connectors.simulator import World

CANARY = "cry\x1b[31m\x9b2J\u202e\u2066\u200b\x07\x85\u2028\x7fEND"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
POSTS = "id,title,sent_at\n" + "".join(
    f'p{day},"{CANARY}",2025-01-{day:02}T08:00:00Z\n' for day in range(1, 21)
)
PEOPLE = "id,email,joined_at,left_at,status,source,name\n" + "".join(
    f's{one},r{one}@example.org,2024-01-01T00:00:00Z,,active,"{CANARY}","{CANARY}"\n'
    for one in range(9)
)
SIGNALS = "post_id,subscription_id,kind,at,machine,url\n" + "".join(
    f'p{day},s{one},open,2025-01-{day:02}T09:00:00Z,,\n'
    for day in range(1, 21)
    for one in range(9)
) + f'p1,"{CANARY}",{CANARY},never,,\n'  # fmt: skip
VERBS = [
    ["sync"], ["status"], ["doctor"], ["verify"], ["publication", "list"], ["report"],
    *(["report", name] for name in ("house", "regulars", "answers", "coverage")),
    ["widget", "list"], ["connector", "list"], ["publication", "remove", "letters", "--dry-run"],
    ["forget", "r1@example.org", "--dry-run"], ["report", CANARY.replace("\0", "")],
    ["status", "--publication", CANARY],
]  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, small_world: World) -> Path:
    del small_world
    folder = tmp_path_factory.mktemp("strangers")
    files = folder / "files"
    files.mkdir()
    for name, text in (("posts", POSTS), ("subscriptions", PEOPLE), ("signals", SIGNALS)):
        (files / f"{name}.csv").write_text(text, encoding="utf-8")
    title = "".join(f"\\u{ord(one):04x}" for one in CANARY)
    path = folder / "regulars.toml"
    path.write_text(
        f'[store]\nfolder = "data"\nfree_space_floor_mib = 0\n\n[[publications]]\n'
        f'name = "letters"\ntitle = "{title}"\n\n[[publications.connections]]\n'
        f'name = "letters-files"\nconnector = "files"\nfolder = "{files}"\n'
    )
    return path


@pytest.mark.usefixtures("prepared_reports")
@pytest.mark.parametrize("form", [[], ["--json"], ["--verbose"]])
@pytest.mark.long
def test_no_verb_lets_a_canary_out(config: Path, form: list[str]) -> None:
    seen = 0
    for words in VERBS:
        said = run(config, *words, *form)
        told = said.out + said.err
        assert not RAW.search(told), (words, RAW.search(told))
        seen += "cry" in told
    assert seen >= 3
    for table in (config.parent / "files").glob("*.rejected.csv"):
        assert not RAW.search(table.read_bytes().decode().replace("\r\n", "\n"))


def test_no_page_picture_or_widget_lets_a_canary_out() -> None:
    client = ApiClient(settings_of(publication={"title": CANARY}), Invented(FULL, wrote_back=3))
    paths = ["/", "/p/invented", *(f"/w/{KEY}{rest}" for rest in (
        "", "/frame", "/card.svg", "/line.svg", "/theatre.svg", ".json", "/oembed.json"
    ))]  # fmt: skip
    seen = 0
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert not RAW.search(answer.text), (path, RAW.search(answer.text))
        seen += "cry" in answer.text
    assert seen >= 6
