"""Checks that every connector must pass; whoever writes one runs them against their own.

In a test::

    from regulars_connectors.conformance import check_connector, complaints

    def test_it_keeps_its_promises():
        verdicts = check_connector(MyConnector, {"api_key": "…"}, Runtime(clock=…, sleep=…))
        assert not complaints(verdicts)

On the command line: ``regulars connector check NAME``. The checks only read. They ask for each
walk several times, so point them at a provider's stand-in or a small account first.
"""

from .check import check_connector, complaints, run_check
from .promises import PROMISES, Verdict
from .walks import Depth

__all__ = ["PROMISES", "Depth", "Verdict", "check_connector", "complaints", "run_check"]
