"""What the API needs of a store."""

from __future__ import annotations
