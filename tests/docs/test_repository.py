"""What is committed tells nothing about the machine it was written on, and is fit to be run."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Written in pieces, so that this file does not find itself.
MACHINE_PATHS = re.compile("|".join(("/wor" + "k/", "/roo" + r"t/[.\w]", "/hom" + r"e/\w")))
TEMPORARY = "/tm" + "p/"
REGISTRIES = (
    "pypi" + ".org",
    "python" + "hosted",
    "npmjs" + ".org",
    "docker" + ".io",
    "/simp" + "le/",
)


def committed() -> list[Path]:
    """Every text file that is committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    paths = [ROOT / name for name in listed]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8000]]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in committed()}


def test_no_path_of_a_machine_is_committed(texts: dict[str, str]) -> None:
    found = {name: hit[0] for name, text in texts.items() if (hit := MACHINE_PATHS.search(text))}
    assert not found


def test_no_page_mentions_a_temporary_folder(texts: dict[str, str]) -> None:
    assert not [name for name, text in texts.items() if name.endswith(".md") and TEMPORARY in text]


def test_no_registry_is_named(texts: dict[str, str]) -> None:
    found = [(name, host) for name, text in texts.items() for host in REGISTRIES if host in text]
    assert not found


def test_every_requirement_is_pinned_with_hashes() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        blocks = re.split(r"(?i)\n(?=[a-z0-9])", path.read_text(encoding="utf-8").strip())
        for block in blocks:
            assert re.match(r"(?i)[a-z0-9._-]+(\[[a-z,]+\])?==", block), block[:80]
            assert "--hash=sha256:" in block, block[:80]
        assert "://" not in path.read_text(encoding="utf-8")


def test_every_lock_file_of_npm_checks_integrity_and_names_no_address() -> None:
    for path in ROOT.glob("tests/**/package-lock.json"):
        if "node_modules" in path.parts:
            continue
        packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
        for name, facts in packages.items():
            assert name == "" or facts["integrity"].startswith("sha512-")
            assert "resolved" not in facts


# Makefile


def makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_verb_of_the_makefile_has_help() -> None:
    rules = re.findall(r"^([a-z][a-z-]*):(?!=)(.*)$", makefile(), re.MULTILINE)
    assert not [name for name, rest in rules if not re.search(r"## \S.+", rest)]
    wanted = {"install", "demo", "test", "test-servers", "bench", "check", "soak", "docs", "help"}
    assert wanted <= {name for name, _ in rules}


def test_the_scripts_that_are_called_can_be_run() -> None:
    for path in (ROOT / "scripts").iterdir():
        if path.is_file():
            assert path.stat().st_mode & 0o111, path.name
            assert path.read_text(encoding="utf-8").startswith("#!"), path.name


# Dockerfile


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The instructions of the last stage."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = [(word.upper(), rest.strip()) for word, _, rest in (x.partition(" ") for x in lines)]
    last = max(place for place, (word, _) in enumerate(pairs) if word == "FROM")
    return pairs[last:]


def only(instructions: list[tuple[str, str]], word: str) -> str:
    (found,) = [rest for name, rest in instructions if name == word]
    return found


def test_the_image_runs_as_a_numeric_ordinary_user(instructions: list[tuple[str, str]]) -> None:
    user, group = only(instructions, "USER").split(":")
    assert int(user) >= 1000
    assert int(group) >= 1000


def test_the_image_serves_without_a_shell(instructions: list[tuple[str, str]]) -> None:
    assert json.loads(only(instructions, "CMD")) == ["regulars", "serve"]
    assert not [rest for word, rest in instructions if word == "ENTRYPOINT"]


def test_the_image_checks_its_health_with_python(instructions: list[tuple[str, str]]) -> None:
    command = json.loads(only(instructions, "HEALTHCHECK").partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    assert "/readyz?despite=disk" in command[2]
    compile(command[2], "healthcheck", "exec")


def test_the_image_has_one_place_to_write(instructions: list[tuple[str, str]]) -> None:
    assert only(instructions, "VOLUME") == "/data"
    assert only(instructions, "WORKDIR") == "/data"
    environment = only(instructions, "ENV")
    assert "REGULARS_STORE__FOLDER=/data/" in environment
    assert "PYTHONDONTWRITEBYTECODE=1" in environment


def test_the_base_image_can_be_chosen() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^ARG BASE=\S+$", text, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${BASE}"}


def test_the_image_is_installed_locked() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert '"--require-hashes", "--requirement", "requirements/runtime.txt"' in text
    assert "--no-deps /wheels/" in text


def test_what_the_image_is_built_from_is_not_ignored() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    own = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in kept
    for source in " ".join(own).split():
        assert f"!{source}" in kept
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert f"!{package.split('/')[0]}" in kept
