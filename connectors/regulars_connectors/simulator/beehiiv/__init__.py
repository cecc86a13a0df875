"""The beehiiv face: answers as the real API does in autumn 2026, quirks included."""

from .face import BeehiivFace
from .stage import Quirks

__all__ = ["BeehiivFace", "Quirks"]
