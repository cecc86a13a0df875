"""lifetimes' side of the benchmark ``model``, run by an interpreter of an environment of its own.

``… model_lifetimes.py CELLS``: its BG/BB, fitted to the cells of the file with its own tolerance
and start. Prints what the fit alone cost, and the four numbers or why there are none.
"""

from __future__ import annotations

import json
import sys
import time
import warnings


def main(path: str) -> None:
    """One fit."""
    import numpy as np
    from lifetimes import BetaGeoBetaBinomFitter
    from lifetimes.utils import ConvergenceError

    cells = np.load(path)
    fitter = BetaGeoBetaBinomFitter()
    began = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitter.fit(cells["x"], cells["t"], cells["n"], weights=cells["weight"])
    except ConvergenceError as error:
        found = {"failed": type(error).__name__, "shapes": None}
    else:
        found = {"failed": None, "shapes": [float(one) for one in fitter.params_]}
    print(json.dumps(found | {"own": time.process_time() - began}))


if __name__ == "__main__":
    main(sys.argv[1])
