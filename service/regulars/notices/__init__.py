"""Notices that go out: what is wrong is said once by every way, and so is its end."""

from .facts import Unrecorded, gather_facts
from .findings import Notice, due_notices
from .step import Delivery, Notifier
from .ways import Network, WayOut, ways_out

__all__ = [
    "Delivery",
    "Network",
    "Notice",
    "Notifier",
    "Unrecorded",
    "WayOut",
    "due_notices",
    "gather_facts",
    "ways_out",
]
