"""An environment of its own for a page that installs something: nothing of ours is touched.

What is installed beside these tests can be imported in it, so no registry is asked.
"""

from __future__ import annotations

import sysconfig
import venv
from pathlib import Path

_PROGRAM = """#!{python}
import sys
from {module} import main
sys.exit(main())
"""


def make_environment(folder: Path) -> Path:
    """Make it; the folder with ``python``, ``pip`` and ``regulars``."""
    builder = venv.EnvBuilder(with_pip=False, symlinks=True)
    builder.create(folder)
    programs = folder / "bin"
    (site,) = folder.glob("lib/python*/site-packages")
    here = sysconfig.get_paths()["purelib"]
    (site / "beside.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    for name, module in (("pip", "pip._internal.cli.main"), ("regulars", "regulars.cli")):
        program = programs / name
        program.write_text(_PROGRAM.format(python=programs / "python", module=module))
        program.chmod(0o755)
    return programs
