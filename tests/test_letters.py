"""Letters with the answers that they must get, from the file to the advice.

Beside each letter in tests/letters stands its answer, in a file of the same name: the kind, the first reason, the action.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from analyzer.read import LETTER_SUFFIXES, read_letter
from analyzer.reasons import Kind, Reason

FOLDER = Path(__file__).parent / "letters"
NAMES = sorted({path.stem for path in FOLDER.iterdir()})


def pair(name):
    """Return the letter and its answer; half a pair is an error."""
    files = sorted(path for path in FOLDER.iterdir() if path.stem == name)
    assert [path.suffix for path in files if path.suffix == ".json"] == [".json"], f"{name} has no answer"
    letters = [path for path in files if path.suffix in LETTER_SUFFIXES]
    assert len(letters) == len(files) - 1 == 1, f"{name} has not one letter"
    return letters[0], json.loads(FOLDER.joinpath(f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_letter_gets_its_answer(analyzer, name):
    path, expected = pair(name)
    analysis = analyzer.analyze(read_letter(path))
    prediction, action = analysis.prediction, analysis.recommendation.action
    shown = prediction.shown[0].value if prediction.shown else None
    assert {"kind": prediction.kind.value, "reason": shown, "action": action and action.value} == expected


def test_there_are_two_letters_of_each_reason_and_two_without():
    answers = [pair(name)[1] for name in NAMES]
    reasons = Counter(answer["reason"] for answer in answers if answer["kind"] == Kind.REJECTION)
    assert all(reasons[reason] >= 2 for reason in (*Reason, None))
    assert {Kind.ACKNOWLEDGEMENT, Kind.INTERVIEW} <= {answer["kind"] for answer in answers}
