"""Installs the hostile connectors as a package is installed, and makes folders that use them."""

from __future__ import annotations

import shutil
from pathlib import Path

HOSTILE = Path(__file__).parent / "hostile"
_POINTS = """[regulars.connectors]
hostile = hostile_connector:HostileConnector
odd = hostile_connector:OddConnector
broken-import = broken_import:Connector
"""


def install_hostile(site: Path) -> Path:
    """A folder for the module path with the modules and the metadata of an installed package."""
    shutil.copytree(HOSTILE, site, ignore=shutil.ignore_patterns("__pycache__"))
    metadata = site / "regulars_hostile-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: regulars-hostile\nVersion: 1.0\n"
    )
    (metadata / "entry_points.txt").write_text(_POINTS)
    return site


def settings_text(trouble: str, stream: str, connector: str = "hostile") -> str:
    """A hostile connection, and after it a healthy one of another publication."""
    options = f'trouble = "{trouble}"\nstream = "{stream}"\n' if connector == "hostile" else ""
    return f"""
[store]
folder = "data"
free_space_floor_mib = 0
part_rows = 10

[server]
port = 0

[[publications]]
name = "letters"

[[publications.connections]]
name = "third-party"
connector = "{connector}"
{options}
[[publications]]
name = "others"

[[publications.connections]]
name = "neighbour"
connector = "hostile"
"""
