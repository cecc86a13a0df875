"""Examples for the OpenAPI document. All of it is invented; a test holds it against the models."""

from __future__ import annotations

from typing import Any

_AS_OF = "2026-11-22T09:00:00Z"
_WINDOW = {"from": "2026-09-28T06:00:00Z", "to": _AS_OF}
_SOURCES = [
    {
        "connection": "field-notes-beehiiv",
        "connector": "beehiiv",
        "last_complete_sync": "2026-11-22T05:16:12Z",
        "last_outcome": "complete",
        "reason": None,
        "is_stale": False,
        "streams": [
            {
                "stream": "subscriptions",
                "outcome": "whole",
                "seen_at": "2026-11-22T05:15:40Z",
                "seen": 1240,
                "quarantined": 0,
                "held_removals": 0,
                "reason": None,
                "alarm": None,
            }
        ],
    }
]
_DEFINITION = (
    "People with an active subscription whom at least 8 posts have reached and who read at least "
    "4 of the last 8 posts."
)


def _envelope(
    report: str,
    result: dict[str, Any],
    counted: int,
    left_out: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {
        "report": report,
        "publication": "field-notes",
        "as_of": _AS_OF,
        "window": _WINDOW,
        "definition": _DEFINITION,
        "result": result,
        "coverage": {"counted": counted, "left_out": left_out or [], "notes": []},
        "sources": _SOURCES,
    }


_HOUSE = {
    "sustained_readers": {
        "value": 208,
        "low": 208,
        "high": 221,
        "n": 412,
        "method": "k_of_n/1",
    },
    "reason": None,
    "words": None,
    "posts_seen": 51,
    "posts_needed": 8,
    "expected_on": None,
    "rule": {"k": 4, "n": 8, "unit": "post"},
    "house_size": 300,
    "cannot_tell": 13,
    "uncertain": 40,
    "hidden": 130,
    "newcomers": 26,
    "not_measured": 0,
    "wrote_back": 21,
    "answered": 64,
    "active_people": 608,
    "sentence": (
        "Between 208 and 221 people keep coming back to Field Notes: they have read at least 4 of "
        "the last 8 posts."
    ),
}
_REGULARS = {
    "people": [
        {
            "id": "per_k3v7m2q9x4",
            "connection": "field-notes-beehiiv",
            "provider_id": "sub_5c1e",
            "subscriptions": [{"connection": "field-notes-beehiiv", "provider_id": "sub_5c1e"}],
            "state": "regular",
            "evidence": {
                "reads_low": 6,
                "reads_high": 7,
                "of": 8,
                "opens": 5,
                "clicks": 2,
                "answers": 1,
                "last_read_at": "2026-11-20T18:04:00Z",
            },
            "since": "2026-02-09T06:00:00Z",
            "until": None,
            "joined_at": "2025-12-01T10:11:12Z",
            "wrote_back": True,
            "last_answer_at": "2026-11-03T20:15:00Z",
        }
    ],
    "counts": {"regular": 1},
}
_ANSWERS = {
    "posts": [
        {
            "connection": "field-notes-beehiiv",
            "post_id": "post_41f0",
            "title": "The clock on the pier",
            "sent_at": "2026-11-20T06:00:00Z",
            "people": 1,
            "counts": {"poll": 1},
            "questions": [
                {
                    "question_id": "poll_7",
                    "question": "Shall I go on with the walks?",
                    "kind": "poll",
                    "choices": [{"label": "Yes", "count": 1}],
                }
            ],
        }
    ],
    "people": [
        {
            "id": "per_k3v7m2q9x4",
            "answers": [
                {
                    "kind": "poll",
                    "connection": "field-notes-beehiiv",
                    "post_id": "post_41f0",
                    "question_id": "poll_7",
                    "answer": "Yes",
                    "text": None,
                    "answered_at": "2026-11-20T18:04:00Z",
                }
            ],
        }
    ],
    "counts": {"poll": 1},
}
_COVERAGE = {
    "people": [
        {
            "connection": None,
            "code": "regular",
            "count": 208,
            "words": "people who keep to the rule",
        }
    ],
    "posts": [{"connection": None, "code": "sent", "count": 51, "words": "posts sent by mail"}],
    "opens": [],
    "clicks": [],
    "signals": [],
    "totals": [],
    "segments": [],
    "named": [],
    "lists": [],
    "departures": [],
    "sums": [],
    "limits": [],
}
ENVELOPES: dict[str, dict[str, Any]] = {
    "house": _envelope(
        "house",
        _HOUSE,
        412,
        [
            {
                "reason": "newcomer",
                "what": "people",
                "count": 26,
                "words": "fewer posts have reached them than the rule looks at",
            }
        ],
    ),
    "regulars": _envelope("regulars", _REGULARS, 1),
    "answers": _envelope("answers", _ANSWERS, 1),
    "coverage": _envelope("coverage", _COVERAGE, 608),
}
_SUMMARY = {
    "name": "field-notes",
    "title": "Field Notes",
    "time_zone": "Europe/Lisbon",
    "paused": False,
    "house_size": 300,
}
PUBLICATION: dict[str, dict[str, Any]] = {
    "summary": _SUMMARY,
    "detail": _SUMMARY
    | {"rule": "at least 4 of the last 8 posts", "posts": 51, "sources": _SOURCES},
}
CATALOGUE: dict[str, Any] = {
    "items": [
        {
            "name": "house",
            "question": (
                "How many people sustain this publication, against the house the writer wants?"
            ),
            "definition": _DEFINITION,
            "parameters": {
                "type": "object",
                "properties": {"as_of": {"type": ["string", "null"], "default": None}},
            },
            "path": "/api/v1/publications/field-notes/reports/house",
        }
    ]
}
