"""The image of the Dockerfile, built by podman on a stand-in for its base, and containers of it.

All is kept in $REGULARS_CACHE/image: ``scripts/install-image-parts`` makes the base and the wheels
that pip finds while it builds. What changes seldom is a layer of its own there, so a second build
takes seconds.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
_CACHE = Path(
    os.environ.get("REGULARS_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regulars"
)
# podman wants its store to stay at one address.
PARTS = (_CACHE / "image").resolve()
PROXIES = PARTS / "proxies"
USER = 10001
BASE, BUILD, IMAGE = "localhost/regulars-base", "localhost/regulars-build", "localhost/regulars"
RESTRICTIONS = (
    "--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp",
    "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
)  # fmt: skip
_STORE = PARTS / "containers"
_BUILD_SECONDS, _SECONDS = 600, 120
# Where the wheels lie while pip runs, a folder that every Debian has.
_WHEELS = "/mnt"
_PIP = f"[global]\nno-index = true\nfind-links = {_WHEELS}\n"


def require_parts() -> None:
    """Fail, and never skip, where something is missing."""
    for program in ("podman", "runc"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is missing: run scripts/install-image-parts")
    wanted = (ROOT / "requirements" / "runtime.txt").read_text()
    fetched = [path.read_text() for path in PARTS.glob("wheels-*/runtime.txt")]
    if not (PARTS / "base.tar").is_file() or fetched != [wanted]:
        pytest.fail("the base image or its wheels are missing: run scripts/install-image-parts")
    if os.geteuid() != 0:
        pytest.fail("containers of this test need root: run it with sudo, as CI does")


def podman(*words: str | Path, seconds: float = _SECONDS, code: int | None = 0) -> str:
    """What podman prints, with a store of its own. code: the only good one, None for any."""
    done = subprocess.run(
        [*_podman(), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if code is not None:
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _podman() -> list[str]:
    return [
        "podman", "--root", str(_STORE), "--runroot", str(PARTS / "run"),
        "--storage-driver", _driver(), "--runtime", "runc", "--cgroup-manager", "cgroupfs",
        "--events-backend", "none",
    ]  # fmt: skip


def _driver() -> str:
    """Layers that share what they have in common, where this machine can mount them."""
    chosen = PARTS / "driver"
    if not chosen.exists():
        folders = [PARTS / "trial" / name for name in ("lower", "upper", "work", "top")]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        lower, upper, work, top = map(str, folders)
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        mount = ["mount", "-t", "overlay", "overlay", "-o", options, top]
        can = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        if can:
            subprocess.run(["umount", top], check=True)
        shutil.rmtree(PARTS / "trial")
        chosen.write_text("overlay" if can else "vfs")
    return chosen.read_text()


def build_image() -> str:
    """Build it as the Dockerfile says; its name. Other runs of the tests wait meanwhile."""
    with (PARTS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _import_base()
        _build(BUILD, "--target", "build")
        _build(IMAGE)
        # What runs left behind that were killed.
        podman("container", "prune", "--force", "--filter", "until=2h")
        podman("image", "prune", "--force")
    return IMAGE


def _import_base() -> None:
    """The base is imported again when it was made again."""
    made = str((PARTS / "base.tar").stat().st_mtime_ns)
    noted = PARTS / "base.imported"
    if noted.exists() and noted.read_text() == made:
        return
    path = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    podman("import", "--change", path, PARTS / "base.tar", BASE, seconds=_BUILD_SECONDS)
    noted.write_text(made)


def _build(tag: str, *options: str) -> None:
    (PARTS / "pip.conf").write_text(_PIP)
    (wheels,) = PARTS.glob("wheels-*")
    podman(
        "build", "--isolation", "chroot", "--network", "host", "--format", "docker", "--layers",
        "--pull=never", "--http-proxy=false", "--build-arg", f"BASE={BASE}", "--volume",
        f"{wheels}:{_WHEELS}:ro", "--volume", f"{PARTS / 'pip.conf'}:/etc/pip.conf:ro",
        "--tag", tag, *options, ROOT,
        seconds=_BUILD_SECONDS,
    )  # fmt: skip


@dataclass(frozen=True)
class Container:
    """A container that runs."""

    name: str

    def run(self, *words: str, code: int | None = 0) -> str:
        """What a command inside prints."""
        return podman("exec", self.name, *words, code=code)

    def is_healthy(self) -> bool:
        """Whether the image's own check finds it well, run once now."""
        command = [*_podman(), "healthcheck", "run", self.name]
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        return done.returncode == 0

    def signal(self, name: str) -> None:
        """Send a signal to its first process."""
        podman("kill", "--signal", name, self.name)

    def inspected(self) -> Any:
        """What podman knows of it."""
        return json.loads(podman("container", "inspect", self.name))[0]

    def logs(self) -> str:
        """What it said on stderr and stdout."""
        done = subprocess.run(
            [*_podman(), "logs", self.name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return done.stdout

    def stop(self, seconds: int) -> int:
        """Ask it to end, kill it after so many seconds; its exit code."""
        podman("stop", "--time", str(seconds), self.name)
        return int(self.inspected()["State"]["ExitCode"])


@contextmanager
def container(name: str, data: Path, *options: str, network: str = "host") -> Iterator[Container]:
    """The image's own command with all restrictions, ``data`` as its only writable folder."""
    name = f"{name}-{os.getpid()}"  # another run of the tests may use the same cache
    try:
        podman("run", "--detach", "--name", name, *_confined(data, network), *options, IMAGE)
        yield Container(name)
    finally:
        podman("rm", "--force", "--ignore", "--time", "0", name)


def run_once(data: Path, options: Iterable[str], *words: str, code: int = 0) -> str:
    """What a command prints in a container of its own, without a network."""
    return podman("run", "--rm", *_confined(data, "none"), *options, IMAGE, *words, code=code)


def _confined(data: Path, network: str) -> Iterator[str]:
    yield from _limits()
    yield from RESTRICTIONS
    yield from ("--network", network, "--volume", f"{data}:/data")


def _limits() -> Iterator[str]:
    """As many files as this process may open: podman asks for more, which not each root may."""
    files = min(1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    yield from ("--ulimit", f"nofile={files}:{files}", "--ulimit", "nproc=4096:4096")


def owned_by_the_user(folder: Path) -> None:
    """Give the folder and all in it to the image's user."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, USER)
