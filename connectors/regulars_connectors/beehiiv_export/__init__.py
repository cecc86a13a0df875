"""beehiiv's export of subscribers: when people left, which its API keeps to itself."""

from .connector import BeehiivExportConnector, BeehiivExportSettings

__all__ = ["BeehiivExportConnector", "BeehiivExportSettings"]
