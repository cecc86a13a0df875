"""How much of a mail from a stranger is looked at. What lies beyond is left out, and named."""

from __future__ import annotations

MIB = 1024 * 1024

MOST_PARSED = MIB  # 35 MiB in one text do not fit into the memory of the worker
MOST_TEXT = 256 * 1024  # characters
MOST_LINES = 5000
MOST_HEADER_BLOCK = 256 * 1024  # bytes, of all parts together
MOST_HEADER = 8 * 1024
MOST_HEADERS = 2000
MOST_LINE = 16 * 1024
MOST_PARTS = 500
MOST_DEPTH = 50
MOST_ENCODED_WORDS = 64
MOST_ADDRESSES = 200
MOST_IDS = 200
MOST_HTML_DEPTH = 200
MOST_TAG = 8 * 1024
MOST_LINKS = 200
MOST_NAME = 200
MOST_QUOTED_WORDS = 2000
MOST_POST_WORDS = 20_000

CPU_SECONDS = 2.0
MEMORY_BYTES = 256 * MIB
