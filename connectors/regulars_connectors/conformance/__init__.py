"""Checks that every connector must pass. Run them against your own.

In a test::

    from regulars_connectors.conformance import check_connector, complaints

    def test_it_keeps_its_promises():
        verdicts = check_connector(MyConnector, {"api_key": "…"}, Runtime(clock=…, sleep=…))
        assert not complaints(verdicts)

On the command line: ``regulars connector check NAME``. The checks only read. They read each walk
several times, so start with a stand-in for the provider or with a small account.
"""

from .check import check_connector, complaints, run_check
from .promises import PROMISES, Verdict
from .walks import Depth

__all__ = ["PROMISES", "Depth", "Verdict", "check_connector", "complaints", "run_check"]
