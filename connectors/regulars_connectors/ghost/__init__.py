"""The Ghost connector, for the lines 5 and 6. Facts it relies on stand where they are used."""

from .connector import GhostConnector
from .settings import GhostSettings

__all__ = ["GhostConnector", "GhostSettings"]
