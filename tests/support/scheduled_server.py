"""A server that follows its schedule by the clock of a test.

Arguments: the settings file, and the file with the instant that counts as now, which the test
replaces. It prints its address, and ends with SIGTERM or whatever kills it.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))  # a script knows its own folder only

    from regulars.jobs.loop import Scheduling
    from regulars.server.run import serve
    from regulars.settings import load_settings
    from regulars.store import Store
    from regulars_connectors.contract import Runtime

    settings = load_settings(Path(sys.argv[1]))
    clock_file = Path(sys.argv[2])
    runtime = Runtime(clock=lambda: int(clock_file.read_text()), sleep=lambda _: None, unpaced=True)
    with Store(settings.store, purpose="serve") as store:
        serve(
            settings,
            store,
            runtime,
            lambda url: print(url, flush=True),
            scheduling=Scheduling(slice_seconds=0.02),
        )
