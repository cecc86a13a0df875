"""The beehiiv face: answers as the real API does in autumn 2026, quirks included."""

from .export import posts_csv, subscribers_csv
from .face import BeehiivFace
from .organisation import Organisation, make_organisation
from .stage import Quirks

__all__ = [
    "BeehiivFace",
    "Organisation",
    "Quirks",
    "make_organisation",
    "posts_csv",
    "subscribers_csv",
]
