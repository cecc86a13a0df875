"""Examples for the OpenAPI document: responses about an invented newsletter.

``scripts/write-reference`` generates them, and a test validates them against the models.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

_ANSWERS = json.loads(
    resources.files("regulars.api").joinpath("openapi_examples.json").read_text(encoding="utf-8")
)
PUBLICATIONS: dict[str, Any] = _ANSWERS["publications"]
PUBLICATION: dict[str, Any] = _ANSWERS["publication"]
CATALOGUE: dict[str, Any] = _ANSWERS["catalogue"]
ENVELOPES: dict[str, dict[str, Any]] = _ANSWERS["reports"]
