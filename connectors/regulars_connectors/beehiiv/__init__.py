"""The beehiiv connector. Facts about the API that it relies on stand where they are used."""

from .connector import BeehiivConnector
from .settings import BeehiivSettings

__all__ = ["BeehiivConnector", "BeehiivSettings"]
