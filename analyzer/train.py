"""Corpus -> model folder: read, check, fit, measure on voices left out, write the card. The order of training."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.card import model_card
from analyzer.classify import CUES, vocabulary_arrays
from analyzer.corpus import (
    Example,
    Sentence,
    bundled_letters,
    bundled_sentences,
    fingerprint,
    held_out_groups,
    read_corpus,
    read_sentences,
)
from analyzer.encoder import Encoder
from analyzer.errors import CorpusError
from analyzer.evaluate import Table, evaluate_examples
from analyzer.features import tokenize
from analyzer.fit import fit_signals_and_score
from analyzer.heads import fit_heads
from analyzer.model import StoredModel, refuse_foreign, save_model
from analyzer.ranker import fit_extractor
from analyzer.reasons import Kind, Reason, Stage, Vacancy
from analyzer.targets import compose, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

MIN_LETTERS = 20
MIN_EACH = 2
FEW = 30
"""Fewer examples of a reason than this are warned about: its figures are guesses."""


@dataclass(frozen=True)
class Report:
    """What a training run did."""

    output: str
    letters: int
    warnings: tuple[str, ...]
    tables: tuple[Table, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "output": self.output,
            "letters": self.letters,
            "warnings": list(self.warnings),
            "test": [t.as_dict() for t in self.tables],
        }

    def in_words(self) -> str:
        """Return it as text."""
        tables = [table.in_words() for table in self.tables]
        return "\n\n".join([*tables, f"Trained on {self.letters} letters; saved in {self.output}."])


def train_model(
    corpus: Sequence[Path], output: Path, *, only: bool, name: str, jobs: int, today: date, say: Callable[[str], object]
) -> Report:
    """Train from `corpus` (and the bundled letters unless `only`) and save to `output`, whole or not at all.

    Letters of the bundled test voices are never trained on; the card's figures come from them; with `only` there
    are none, and the card says so. Raises CorpusError for a corpus that no model can be made from.
    """
    refuse_foreign(output)
    held_out = held_out_groups()
    examples = read_corpus(corpus if only else [bundled_letters(), *corpus])
    training = [example for example in examples if example.group not in held_out]
    testing = [example for example in examples if example.group in held_out and not example.composed]
    warned = check_corpus(training)
    for line in warned:
        say(f"warning: {line}")
    say(f"Reading {len(training)} letters ...")
    letters = [prepare(example) for example in training]
    bank: list[Sentence] = []
    if not only:
        bank = read_sentences(bundled_sentences())
        letters += compose(bank)
    say("Learning what sentences show ...")
    encoder = Encoder.load()
    signals, features, at_gate = fit_signals_and_score(letters, encoder, jobs=jobs)
    say("Learning what letters mean ...")
    arrays, thresholds = fit_heads(letters, features, at_gate)
    say("Learning to find names ...")
    extract_arrays, extract_thresholds = fit_extractor(letters)
    thresholds["extract"] = extract_thresholds
    arrays = {
        **vocabulary_arrays("words", signals.words),
        **vocabulary_arrays("chars", signals.chars),
        "cues.weights": signals.cues[0].astype(np.float16),
        "cues.bias": signals.cues[1],
        "letters.weights": signals.letters[0].astype(np.float16),
        "letters.bias": signals.letters[1],
        **arrays,
        **extract_arrays,
    }
    manifest = {
        "name": name,
        "labels": {
            "kind": list(Kind),
            "reasons": list(Reason),
            "stage": list(Stage),
            "vacancy": list(Vacancy),
            "cues": list(CUES),
        },
        "thresholds": thresholds,
        "encoder": encoder.sha256,
        "corpus": {
            "letters": len(training),
            "groups": len({e.group for e in training}),
            "sha256": fingerprint(training, bank),
        },
        "libraries": {package: version(package) for package in ("numpy", "scikit-learn", "spacy")},
    }
    say("Measuring on voices that it has not seen ...")
    stored = StoredModel(output, manifest, arrays)
    tables = tuple(evaluate_examples({"held-out voices": testing}, stored, today=today)) if testing else ()
    save_model(output, manifest, arrays, model_card(manifest, tables, warned, training))
    return Report(str(output), len(training), tuple(warned), tables)


def check_corpus(examples: Sequence[Example]) -> list[str]:
    """Raise CorpusError for what cannot be learnt from; return what the user should be warned about."""
    if len(examples) < MIN_LETTERS:
        raise CorpusError(
            f"only {len(examples)} letters to learn from; a model needs at least {MIN_LETTERS}, better some hundred"
        )
    kinds = Counter(example.kind for example in examples)
    for kind in Kind:
        if kinds[kind] < MIN_EACH:
            raise CorpusError(
                f"no model can be made: {kinds[kind]} letters of kind {kind.value!r}; add at least {MIN_EACH}, or leave --only out"
            )
    reasons = Counter(reason for example in examples for reason in example.reasons)
    for reason in Reason:
        if reasons[reason] < MIN_EACH:
            raise CorpusError(
                f"no model can be made: {reasons[reason]} letters with the reason {reason.value!r}; add at least {MIN_EACH}, or leave --only out"
            )
    _check_contradictions(examples)
    return [
        f"only {reasons[reason]} examples of {reason.value}: its figures are guesses"
        for reason in Reason
        if reasons[reason] < FEW
    ]


def _check_contradictions(examples: Sequence[Example]) -> None:
    seen: dict[str, Example] = {}
    for example in examples:
        text = " ".join(tokenize(example.letter.text))
        first = seen.setdefault(text, example)
        if (first.kind, first.reasons) != (example.kind, example.reasons):
            raise CorpusError(
                f"{example.letter.source}: has the same text as {first.letter.source} and other labels; settle which are right"
            )
