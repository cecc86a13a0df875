"""Own words of a mail: ours beside two libraries for it, in turns, each in a fresh process.

``python tests/benchmarks/own_words.py [ROUNDS]``. The texts are those of ``support/mail_corpora``,
read where they lie. The libraries get an environment of their own in the cache folder, from
requirements/bench-mail.txt with hashes. Printed: CPU seconds over all texts without the imports,
and how many texts each gets right.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
_REQUIREMENTS = ROOT / "requirements" / "bench-mail.txt"
OURS = "regulars"
LIBRARIES = ("mail-parser-reply", "email-reply-extractor")
_TIMES = 3  # over all texts in one process


def measure(rounds: int) -> tuple[dict[str, list[float]], dict[str, int], int]:
    """CPU seconds of each round, texts that come out right, and how many there are."""
    from support import mail_corpora as corpora
    from support.environments import kept_environment

    expected: dict[str, set[str]] = defaultdict(set)
    for case in corpora.text_cases():
        expected[case.given.replace("\r\n", "\n")].add(corpora.fold(case.expected))
    texts = list(expected)
    costs: dict[str, list[float]] = defaultdict(list)
    right: dict[str, int] = {}
    python = {name: str(kept_environment(_REQUIREMENTS)) for name in LIBRARIES}
    with tempfile.TemporaryDirectory() as place:
        given = Path(place) / "texts.json"
        given.write_text(json.dumps(texts), encoding="utf-8")
        for _ in range(rounds):
            for name in (OURS, *LIBRARIES):
                command = [python.get(name, sys.executable), __file__, "one", name, str(given)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout)
                costs[name].append(found["cpu"])
                right[name] = sum(
                    any(corpora.fold(one) in expected[text] for one in answers)
                    for text, answers in zip(texts, found["answers"], strict=True)
                )
    return costs, right, len(texts)


def report(costs: dict[str, list[float]], right: dict[str, int], of: int) -> float:
    """Print the table. What ours costs of the cheaper library, to be judged."""
    medians = {name: statistics.median(found) for name, found in costs.items()}
    for name, cpu in medians.items():
        each = 1000 * cpu / (_TIMES * of)
        print(f"{name:22} {each:7.3f} ms a text   {right[name]:4} of {of} right")
    share = medians[OURS] / min(medians[name] for name in LIBRARIES)
    print(f"ours: {share:.2f} of the cheaper library (goal 0.33)")
    return share


def _one(name: str, given: Path) -> None:
    """One process: the answers, and what all texts cost ``_TIMES`` times over."""
    take = {OURS: _ours, LIBRARIES[0]: _mail_parser_reply, LIBRARIES[1]: _extractor}[name]()
    texts = json.loads(given.read_text(encoding="utf-8"))
    answers = [take(text) for text in texts]
    began = time.process_time()
    for _ in range(_TIMES):
        for text in texts:
            take(text)
    print(json.dumps({"cpu": time.process_time() - began, "answers": answers}))


def _ours() -> Callable[[str], list[str]]:
    from regulars_connectors.mail.own_words import own_words

    def take(text: str) -> list[str]:
        words = own_words(text)
        return [words.text, f"{words.text}\n{words.signature}"]

    return take


def _mail_parser_reply() -> Callable[[str], list[str]]:
    from mailparser_reply import EmailReplyParser

    parser = EmailReplyParser(
        languages=[
            "en",
            "de",
            "fr",
            "es",
            "it",
            "nl",
            "pl",
            "sv",
            "da",
            "ja",
            "cs",
            "ko",
            "zh",
            "david",
        ]
    )

    def take(text: str) -> list[str]:
        reply = parser.read(text=text).replies[0]
        return [reply.body, reply.content]

    return take


def _extractor() -> Callable[[str], list[str]]:
    from email_reply_extractor import clean_for_scoring, extract_new_text

    def take(text: str) -> list[str]:
        found = extract_new_text(text).text
        return [found, clean_for_scoring(found).text]

    return take


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["one"]:
        _one(arguments[1], Path(arguments[2]))
        return
    sys.path.insert(0, str(ROOT / "tests"))
    report(*measure(int(arguments[0]) if arguments else 3))


if __name__ == "__main__":
    main(sys.argv[1:])
