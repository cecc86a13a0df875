"""What is closed at the end of its ``with``."""

from __future__ import annotations

from typing import Self


class Closing:
    """Base of what holds open files: ``close`` runs at the end of ``with``, whatever happened."""

    def close(self) -> None:
        """Close what is open. May be called twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
