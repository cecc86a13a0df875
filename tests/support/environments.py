"""Environments of their own, for pages that install something and for programs beside ours."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

_PROGRAM = """#!{python}
import sys
from {module} import main
sys.exit(main())
"""


def make_environment(folder: Path, *sources: Path) -> Path:
    """Make one for a page that installs something; the folder with ``python`` and ``regulars``.

    What is installed beside these tests can be imported in it, so no registry is asked.
    sources: folders whose packages go before those that are installed.
    """
    builder = venv.EnvBuilder(with_pip=False, symlinks=True)
    builder.create(folder)
    programs = folder / "bin"
    (site,) = folder.glob("lib/python*/site-packages")
    here = sysconfig.get_paths()["purelib"]
    lines = [*map(str, sources), f"import site; site.addsitedir({here!r})", ""]
    (site / "beside.pth").write_text("\n".join(lines))
    for name, module in (("pip", "pip._internal.cli.main"), ("regulars", "regulars.cli")):
        program = programs / name
        program.write_text(_PROGRAM.format(python=programs / "python", module=module))
        program.chmod(0o755)
    return programs


def kept_environment(requirements: Path) -> Path:
    """Python of an environment for a program that is no dependency of ours.

    It stays in the cache folder, and is made where it is missing or of other requirements. These
    are pinned with hashes.
    """
    cache = Path(os.environ.get("REGULARS_CACHE") or Path.home() / ".cache" / "regulars")
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = cache / f"{requirements.stem}-{digest}"
    if not (folder / "whole").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        wanted = ["--require-hashes", "--requirement", str(requirements)]
        subprocess.run([*pip, "--disable-pip-version-check", *wanted], check=True)
        (folder / "whole").touch()
    return folder / "bin" / "python"


def copy_sources(root: Path, folder: Path) -> None:
    """A copy of the source tree for a page that changes it, without what is made from it."""
    for name in ("service", "connectors", "tests", "docs", "scripts"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(root / name, folder / name, ignore=ignored, dirs_exist_ok=True)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "SECURITY.md", "Makefile"):
        shutil.copy(root / name, folder / name)
