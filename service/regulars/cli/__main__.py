"""``python -m regulars.cli`` is the same as ``regulars``."""

from . import main

main()
