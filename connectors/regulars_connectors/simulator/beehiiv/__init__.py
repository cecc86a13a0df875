"""The beehiiv API, simulated: it answers as the real one does in autumn 2026, quirks included."""

from .api import BeehiivApi
from .context import Quirks
from .export import posts_csv, subscribers_csv
from .organisation import Organisation, make_organisation

__all__ = [
    "BeehiivApi",
    "Organisation",
    "Quirks",
    "make_organisation",
    "posts_csv",
    "subscribers_csv",
]
