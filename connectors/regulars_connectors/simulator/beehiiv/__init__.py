"""The beehiiv API, simulated: it answers as the real one does in autumn 2026, quirks included."""

from .api import BeehiivApi
from .context import Quirks
from .export import posts_csv, subscribers_csv
from .organisation import Organisation, make_organisation
from .webhooks import EVENTS, deliver

__all__ = [
    "EVENTS",
    "BeehiivApi",
    "Organisation",
    "Quirks",
    "deliver",
    "make_organisation",
    "posts_csv",
    "subscribers_csv",
]
