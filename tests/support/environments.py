"""An environment of its own for a page that installs something: nothing of ours is touched.

What is installed beside these tests can be imported in it, so no registry is asked.
"""

from __future__ import annotations

import shutil
import sysconfig
import venv
from pathlib import Path

_PROGRAM = """#!{python}
import sys
from {module} import main
sys.exit(main())
"""


def make_environment(folder: Path, *sources: Path) -> Path:
    """Make it; the folder with ``python``, ``pip`` and ``regulars``.

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


def copy_sources(root: Path, folder: Path) -> None:
    """A copy of the source tree for a page that changes it, without what is made from it."""
    for name in ("service", "connectors", "tests", "docs", "scripts"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(root / name, folder / name, ignore=ignored, dirs_exist_ok=True)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "SECURITY.md", "Makefile"):
        shutil.copy(root / name, folder / name)
