"""The file connector: posts.csv, subscriptions.csv and signals.csv in one folder.

Any platform without an API, any history. How the files look to the person who writes them
stands in docs/how-to/import-files.md.
"""

from .connector import FilesConnector
from .settings import FilesSettings

__all__ = ["FilesConnector", "FilesSettings"]
