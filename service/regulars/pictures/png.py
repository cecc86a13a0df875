"""Turns drawings into pixels."""

from __future__ import annotations


def rasterise(svg: str, scale: int) -> bytes:
    """The drawing as PNG, ``scale`` pixels for each of its own. Text elements are lost."""
    import resvg_py

    # The machine's fonts would take a second to find, and differ everywhere.
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale, skip_system_fonts=True))
