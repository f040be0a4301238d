"""Change how letters are typed, not what they say, and count how often the answer (kind and first reason) flips.

Usage: python scripts/perturb.py [--every 1] [--model NAME]

The letters are those of the test voices. A person would not notice the changes in UNNOTICED, where at most 2 % of the
answers may flip (`tests/test_perturb.py`); those in NOTICED a person would, and their shares are only reported.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import textwrap
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from analyzer.corpus import bundled_letters, held_out_groups, read_corpus
from analyzer.pipeline import Analyzer
from analyzer.read.html import visible_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from analyzer.corpus import Example
    from analyzer.reasons import Kind, Reason

    Change = Callable[[str, random.Random], str]

_OWN_MAIL = """

On Mon, 2 Mar 2026 at 09:14, Sam Reader <sam@mail.example> wrote:
> Dear team,
> I am writing to apply for the position. I would love an interview.
> Best, Sam
"""
_FORWARDED = """---------- Forwarded message ---------
From: HR Team <hr@firm.example>
Date: Mon, 2 Mar 2026 at 09:14
Subject: Your application
To: Sam Reader <sam@mail.example>

"""


def _wrapped(text: str, width: int) -> str:
    """Break the lines of long paragraphs; what has lines already is left as it is."""
    parts = [
        part if "\n" in part else textwrap.fill(part, width, break_long_words=False) for part in text.split("\n\n")
    ]
    return "\n\n".join(parts)


def _now_and_then(text: str, old: str, new: str, share: float, rng: random.Random) -> str:
    return "".join(new if char == old and rng.random() < share else char for char in text)


def _as_html(text: str) -> str:
    escaped = html.escape(text).replace(" ", "&nbsp;", 1).replace("\n\n", "</p><p>").replace("\n", "<br>")
    return visible_text(f"<p>{escaped}</p>")


def _typos(text: str, rng: random.Random) -> str:
    """Swap two letters inside one long word in thirty."""
    words = text.split(" ")
    for number, word in enumerate(words):
        if len(word) > 4 and rng.random() < 1 / 30:
            at = rng.randrange(1, len(word) - 2)
            words[number] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


UNNOTICED: Mapping[str, Change] = {
    "lines of 60": lambda text, _: _wrapped(text, 60),
    "lines of 38": lambda text, _: _wrapped(text, 38),
    "no-break spaces": lambda text, rng: _now_and_then(text, " ", "\u00a0", 0.2, rng),
    "zero-width spaces": lambda text, rng: _now_and_then(text, " ", " \u200b", 0.05, rng),
    "curly quotes": lambda text, _: re.sub('"([^"]*)"', "\u201c\\1\u201d", text.replace("'", "\u2019")),
    "straight quotes": lambda text, _: text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}),
    "long dashes": lambda text, _: text.replace(" - ", " \u2013 "),
    "CR LF": lambda text, _: text.replace("\n", "\r\n"),
    "double spaces": lambda text, _: re.sub(r"(?<=[.!?]) (?=[A-Z])", "  ", text),
    "spaces at line ends": lambda text, _: text.replace("\n", "   \n") + "\n\n\n",
    "HTML with entities": lambda text, _: _as_html(text),
    "own mail quoted": lambda text, _: text + _OWN_MAIL,
    "forwarded": lambda text, _: _FORWARDED + text,
    "UPPER CASE": lambda text, _: text.upper(),
    "an emoji": lambda text, _: text + " \U0001f642",
}
NOTICED: Mapping[str, Change] = {
    "a typo in 30 words": _typos,
    "all in one line": lambda text, _: " ".join(text.split()),
    "lower case": lambda text, _: text.lower(),
    "no punctuation": lambda text, _: re.sub("[.,;:!?]", "", text),
}


def letters_to_change(every: int = 1) -> list[Example]:
    """Return one in `every` of the letters that no model was trained on."""
    held_out = held_out_groups()
    return [e for e in read_corpus([bundled_letters()]) if e.group in held_out and not e.composed][::every]


def flips(analyzer: Analyzer, examples: Sequence[Example], changes: Mapping[str, Change]) -> dict[str, list[str]]:
    """Return the ids of the letters whose answer each change flips."""

    def answer(example: Example, text: str) -> tuple[Kind, tuple[Reason, ...]]:
        prediction = analyzer.read_verdict(replace(example.letter, text=text)).prediction
        return prediction.kind, prediction.shown[:1]

    before = {example.id: answer(example, example.letter.text) for example in examples}
    found = {}
    for name, change in changes.items():
        rng = random.Random(1)  # noqa: S311  the same changes each time
        found[name] = [e.id for e in examples if answer(e, change(e.letter.text, rng)) != before[e.id]]
    return found


def main() -> None:
    """Print the share of every change."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="take one letter in so many")
    parser.add_argument("--model", help="its name; default: the one in use")
    asked = parser.parse_args()
    analyzer = Analyzer.load(model=asked.model, today=date(2026, 3, 2))
    examples = letters_to_change(asked.every)
    print(f"{len(examples)} letters of voices that the model has not seen; the share of answers that flip")
    for title, changes in (("a person would not notice", UNNOTICED), ("a person would notice", NOTICED)):
        print(f"\n{title}")
        for name, ids in flips(analyzer, examples, changes).items():
            print(f"  {name:20} {len(ids) / len(examples):.3f}  {' '.join(ids[:3])}")


if __name__ == "__main__":
    main()
