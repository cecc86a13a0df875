"""The application of ``invented_service``, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.invented_house import Invented
from support.invented_service import ApiClient, settings_of


@pytest.fixture
def client() -> ApiClient:
    return ApiClient(settings_of(), Invented(wrote_back=9))


@pytest.fixture
def make_client() -> Callable[..., ApiClient]:
    """A desk with other settings, or other invented answers."""

    def make(invented: Invented | None = None, **changes: Any) -> ApiClient:
        return ApiClient(settings_of(**changes), invented or Invented(wrote_back=9))

    return make
