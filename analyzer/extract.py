"""Letter -> company, role, contact and timeframe, as written.

For each label `candidates` finds the pieces of the letter that may be it; a linear ranker, trained on the corpus's own
spans, weighs them against each other and against there being none, and the best is taken if it is likely enough.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analyzer.candidates import LABELS, Candidate, Choice, find_candidates
from analyzer.errors import ModelError
from analyzer.records import Entities, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzer.model import StoredModel
    from analyzer.records import Cleaned, Letter

__all__ = ["LABELS", "Extractor"]

_MAX_KNOWN = 20_000  # of names, how many keep what their words are worth


class Extractor:
    """Takes the best candidate of each label. `weights` maps "label:feature" to its weight."""

    def __init__(self, weights: Mapping[str, float], thresholds: Mapping[str, float]) -> None:
        self._weights: dict[str, dict[str, float]] = {label: {} for label in LABELS}
        for name, weight in weights.items():
            label, _, feature = name.partition(":")
            self._weights[label][feature] = weight
        self._thresholds = thresholds
        self._known: dict[str, dict[str, float]] = {label: {} for label in LABELS}

    @classmethod
    def from_model(cls, stored: StoredModel) -> Extractor:
        """Build it from a checked model folder."""
        try:
            names = stored.arrays["extract.features"].tobytes().decode().split("\n")
            weights = stored.arrays["extract.weights"].tolist()
            thresholds = {label: float(stored.manifest["thresholds"]["extract"][label]) for label in LABELS}
            return cls(dict(zip(names, weights, strict=True)), thresholds)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{stored.path}: lacks a part of the model ({error}); train or install it again"
            ) from error

    def extract(self, letter: Letter, cleaned: Cleaned) -> Entities:
        """Return what is likely enough; each field is None where the letter does not say."""
        found: dict[str, Candidate] = {}
        scores: dict[str, float] = {}
        for label, choice in find_candidates(letter, cleaned).items():
            best, scores[label] = self.best(label, choice)
            if best is not None and scores[label] >= self._thresholds[label]:
                found[label] = best
        if "company" in found and "contact" in found and found["company"].text == found["contact"].text:
            # one name is the employer or the person, not both
            del found[min(("company", "contact"), key=lambda label: scores[label])]
        spans = tuple(Span(c.start, c.end, label) for label, c in found.items() if c.start >= 0)
        return Entities(**{label: candidate.text for label, candidate in found.items()}, spans=spans)

    def best(self, label: str, choice: Choice) -> tuple[Candidate | None, float]:
        """Return the best candidate and its probability, from 0 to 1, against there being no answer."""
        if not choice.candidates:
            return None, 0.0
        get = self._weights[label].get
        totals = [
            sum([get(feature, 0.0) for feature in candidate.told]) + self._of_words(label, candidate)
            for candidate in choice.candidates
        ]
        nothing = sum([get(feature, 0.0) for feature in choice.nothing])
        number = max(range(len(totals)), key=totals.__getitem__)
        return choice.candidates[number], probability(totals[number] - nothing)

    def _of_words(self, label: str, candidate: Candidate) -> float:
        """Return what the candidate's words alone are worth; the same words come again and again in a mailbox."""
        known = self._known[label]
        worth = known.get(candidate.text)
        if worth is None:
            if len(known) >= _MAX_KNOWN:
                known.clear()
            get = self._weights[label].get
            worth = known[candidate.text] = sum([get(feature, 0.0) for feature in candidate.seen])
        return worth


def probability(lead: float) -> float:
    """Return how likely a candidate is that leads there being no answer by so much."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, lead))))
