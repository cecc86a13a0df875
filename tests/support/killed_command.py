"""A command that ends itself with SIGKILL when it reaches one of its steps.

Arguments: instant that counts as now, step, before or after, then the words of the command. A step
is ``module:Class.method`` or ``module:function``; with before, it is killed as it is called.
"""

from __future__ import annotations

import sys
from pathlib import Path

from regulars import clock
from regulars.cli import main

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))  # a script knows its own folder only
    from support.kill_step import kill_at
    from support.worlds import EARLIEST_WORLD

    at = int(sys.argv[1])
    clock.system_clock = lambda: at
    clock.RELEASED = EARLIEST_WORLD
    kill_at(sys.argv[2], sys.argv[3])
    main(sys.argv[4:])
