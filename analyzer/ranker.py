"""Labelled letters -> the ranker of candidates that `extract` serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.corpus import folded
from analyzer.extract import LABELS, Extractor, find_candidates
from analyzer.reasons import Kind
from analyzer.targets import group_folds, where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from analyzer.targets import Prepared

EXTRACT_C = 1.0
"""Inverse strength of regularisation, chosen on held-out voices."""


def fit_extractor(letters: Sequence[Prepared]) -> tuple[dict[str, NDArray[np.generic]], dict[str, float]]:
    """Fit the ranker of candidates, one logistic regression a label, and choose what is likely enough on other voices."""
    names: list[str] = []
    values: list[float] = []
    thresholds: dict[str, float] = {}
    scenes = [
        (letter, find_candidates(letter.example.letter, letter.cleaned))
        for letter in letters
        if letter.example.kind is not Kind.OTHER and not letter.example.composed
    ]
    for label in LABELS:
        rows = [
            (letter, found[label])
            for letter, found in scenes
            if label != "timeframe" or letter.example.kind is Kind.REJECTION
        ]
        weights = _fit_ranker(rows, label)
        best: list[tuple[float, bool, bool]] = []
        for fold in group_folds([letter.example.group for letter, _ in rows], 3):
            others = _fit_ranker([rows[i] for i in where(~fold)], label)
            best += [_best_candidate(others, label, *rows[i]) for i in where(fold)]
        thresholds[label] = _extract_threshold(best)
        names += weights.keys()
        values += weights.values()
    text = np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
    return {"extract.features": text, "extract.weights": np.array(values, dtype=np.float32)}, thresholds


def _fit_ranker(rows: Sequence[tuple[Prepared, Sequence[Any]]], label: str) -> dict[str, float]:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    index: dict[str, int] = {}
    indices: list[int] = []
    offsets = [0]
    target: list[bool] = []
    for letter, candidates in rows:
        for candidate in candidates:
            indices += [index.setdefault(feature, len(index)) for feature in candidate.features]
            offsets.append(len(indices))
            target.append(folded(candidate.text) == folded(getattr(letter.example, label)))
    if not any(target):
        return {f"{label}:bias": -9.0}
    data = np.ones(len(indices), dtype=np.float32)
    matrix = csr_matrix(
        (data, np.array(indices, dtype=np.int32), np.array(offsets, dtype=np.int32)), shape=(len(target), len(index))
    )
    model = LogisticRegression(C=EXTRACT_C, solver="liblinear", random_state=0).fit(matrix, target)
    weights = {f"{label}:bias": float(model.intercept_[0])}
    for feature, number in index.items():
        if abs(model.coef_[0][number]) >= _MIN_WEIGHT:
            weights[f"{label}:{feature}"] = float(model.coef_[0][number])
    return weights


_MIN_WEIGHT = 0.01  # smaller weights move no decision and would double the file


def _best_candidate(
    weights: dict[str, float], label: str, letter: Prepared, candidates: Sequence[Any]
) -> tuple[float, bool, bool]:
    """Return the best score, whether that candidate is right, and whether the letter has none."""
    ranker = Extractor(weights, {})
    truth = getattr(letter.example, label)
    score, number = max(
        ((ranker.score(label, candidate), n) for n, candidate in enumerate(candidates)), default=(0.0, -1)
    )
    return score, number >= 0 and folded(candidates[number].text) == folded(truth), truth is None


def _extract_threshold(best: Sequence[tuple[float, bool, bool]]) -> float:
    def right(threshold: float) -> int:
        return sum(correct if score >= threshold else none for score, correct, none in best)

    return float(max(np.round(np.arange(0.02, 0.7, 0.02), 2), key=right))
