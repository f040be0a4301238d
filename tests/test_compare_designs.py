"""The comparison of designs: every design answers for every letter, and never for a voice that it has seen."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from analyzer import evaluate
from analyzer.corpus import bundled_letters, read_corpus
from analyzer.targets import encoder_folds, prepare
from scripts import compare_designs as comparison


@pytest.fixture(scope="module")
def letters(small_corpus):
    return [prepare(example) for example in read_corpus(small_corpus)[::6]]


@pytest.fixture(scope="module")
def unseen():
    return [prepare(example) for example in read_corpus([bundled_letters() / "us-hospitals.jsonl"])[::6]]


@pytest.fixture(scope="module")
def seen_by(letters, unseen):
    """What `learn` was given each time: the voices that it fitted on, and the sentences that it read."""
    calls = []
    learn = comparison.learn

    def watched(training, texts, vectors):
        calls.append(({letter.example.group for letter in training}, [sentences for sentences, _ in texts]))
        return learn(training, texts, vectors)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "learn", watched)
        patch.setattr(comparison, "EPOCHS", 1)
        patch.setattr(evaluate, "RESAMPLES", 20)
        rows = comparison.compare(letters, {comparison.TEST: unseen, "mine": unseen[:9]}, jobs=1)
    return rows, calls


def test_every_design_is_measured_on_every_set(seen_by, letters, unseen):
    rows, _ = seen_by
    sets = {comparison.LEFT_OUT: len(letters), comparison.TEST: len(unseen), "mine": 9}
    assert [row["letters"] for row in rows] == [count for count in sets.values() for _ in range(6)]
    for row in rows:
        value, low, high = row["macro_f1"]
        assert 0 <= low <= high <= 1
        assert 0 <= value <= 1
        assert row["letters_per_s"] > 0
        assert row["megabytes"] > 0
        assert (row["gain"] == [0, 0, 0]) or row["design"] != comparison.BASE
    assert json.loads(json.dumps(rows))


def test_no_voice_is_answered_for_by_what_has_seen_it(seen_by, letters):
    _, (whole, *folds) = seen_by
    assert len(whole[0]) == 4
    for (voices, read), fold in zip(folds, encoder_folds(letters), strict=True):
        left_out = [letter for letter, out in zip(letters, fold, strict=True) if out]
        assert not voices & {letter.example.group for letter in left_out}
        assert read == [letter.sentences for letter in left_out]


def test_the_table_is_markdown(seen_by):
    rows, _ = seen_by
    lines = comparison.markdown(rows).split("\n")
    assert len(lines) == 2 + len(rows)
    assert {line.count("|") for line in lines} == {len(rows[0]) + 1}


def test_what_was_disputed_is_not_scored(letters):
    example = replace(letters[0].example, disputed=("kind", "reasons", "stage", "vacancy"))
    outputs = {"gate": 5, "kind": 5, "reasons": 5, "stage": 3, "vacancy": 3}
    arrays = {f"{head}.weights": np.zeros((2, count)) for head, count in outputs.items()}
    arrays |= {f"{head}.bias": np.zeros(count) for head, count in outputs.items()}
    least = {"gate": 0.0, "rejection": 0.1, "reasons": dict.fromkeys(comparison.Reason, 0.9)}
    numbers = np.zeros((1, 2), dtype=np.float32)
    frame = comparison.answer([replace(letters[0], example=example)], numbers, numbers, arrays, least)
    assert frame[["rejection", "reason", "stage", "vacancy"]].isna().all(axis=None)
    assert frame["predicted_reason"].tolist() == [comparison.NO_SIGNAL]
