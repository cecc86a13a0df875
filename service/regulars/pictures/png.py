"""From a drawing to pixels."""

from __future__ import annotations


def rasterise(svg: str, scale: int) -> bytes:
    """The drawing as PNG, ``scale`` pixels for each of its own. It must carry no text elements."""
    import resvg_py

    # No fonts of the machine: they would take a second to look for and differ everywhere.
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale, skip_system_fonts=True))
