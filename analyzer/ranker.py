"""Labelled letters -> the ranker of candidates that `extract` serves.

The model is one of choice: a candidate is weighed against the others of its letter and against there being no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.candidates import LABELS, find_candidates
from analyzer.corpus import folded
from analyzer.extract import probability
from analyzer.reasons import Kind
from analyzer.targets import group_folds, where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from analyzer.candidates import Choice
    from analyzer.targets import Prepared

EXTRACT_C = {"company": 2.0, "role": 2.0, "contact": 2.0, "timeframe": 0.5}
"""Inverse strength of regularisation, chosen on left-out voices."""

_MIN_LETTERS = 2  # what occurs in one letter alone says nothing of others
_MIN_WEIGHT = 0.01  # smaller weights move no decision and would double the file
_DIGITS = 3  # of a weight: more would tell the rounding of one machine from another's
_STEPS = 150


def fit_extractor(letters: Sequence[Prepared]) -> tuple[dict[str, NDArray[np.generic]], dict[str, float]]:
    """Fit the ranker of candidates, one model of choice a label, and choose what is likely enough on other voices."""
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
        table = _Table.of(rows, label)
        weights = table.fit(np.ones(len(rows), dtype=bool))
        best: list[tuple[float, bool, bool]] = []
        for fold in group_folds([letter.example.group for letter, _ in rows], 3):
            best += table.best(table.fit(~fold), where(fold))
        thresholds[label] = _extract_threshold(best)
        kept = [(name, round(float(w), _DIGITS)) for name, w in zip(table.features, weights, strict=True)]
        kept = [(name, weight) for name, weight in kept if abs(weight) >= _MIN_WEIGHT]
        names += [f"{label}:{name}" for name, _ in kept]
        values += [weight for _, weight in kept]
    text = np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
    return {"extract.features": text, "extract.weights": np.array(values, dtype=np.float32)}, thresholds


@dataclass(frozen=True)
class _Table:
    """All candidates of one label, letter by letter; the last row of each letter stands for there being no answer."""

    label: str
    features: list[str]
    matrix: Any  # sparse: a row a candidate, a column a feature
    in_letter: Any  # sparse: a row a letter, a column a feature
    right: NDArray[np.bool_]
    starts: NDArray[np.int64]
    none: NDArray[np.bool_]  # of each letter: whether it says nothing

    @classmethod
    def of(cls, rows: Sequence[tuple[Prepared, Choice]], label: str) -> _Table:
        index: dict[str, int] = {}
        lines: list[list[int]] = []
        right: list[bool] = []
        starts: list[int] = []
        for letter, choice in rows:
            truth = folded(getattr(letter.example, label))
            matches = [folded(candidate.text) == truth for candidate in choice.candidates]
            starts.append(len(right))
            right += [*matches, not any(matches)]  # a name that nobody found is none, too
            for features in (*[candidate.features for candidate in choice.candidates], choice.nothing):
                line = {index.setdefault(feature, len(index)) for feature in features}
                lines.append(sorted(line))
        ends = [*starts[1:], len(right)]
        letters = [sorted(set().union(*lines[a:z])) for a, z in zip(starts, ends, strict=True)]
        none = [getattr(letter.example, label) is None for letter, _ in rows]
        matrices = (_sparse(lines, len(index)), _sparse(letters, len(index)))
        return cls(label, list(index), *matrices, np.array(right), np.array(starts), np.array(none))

    def fit(self, letters: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the weights under which the right candidates of these letters are likeliest."""
        sizes = np.diff([*self.starts, len(self.right)])
        rows = np.repeat(letters, sizes)
        starts = np.cumsum([0, *sizes[letters]])[:-1]
        columns = np.flatnonzero(np.asarray(self.in_letter[letters].sum(axis=0)).ravel() >= _MIN_LETTERS)
        weights = np.zeros(len(self.features))
        weights[columns] = _likeliest(self.matrix[rows][:, columns], self.right[rows], starts, EXTRACT_C[self.label])
        return weights

    def best(self, weights: NDArray[np.float64], letters: Sequence[int]) -> list[tuple[float, bool, bool]]:
        """Return the best score of each letter, whether that candidate is right, and whether the letter has none."""
        totals = self.matrix @ weights
        ends = [*self.starts[1:], len(totals)]
        found = []
        for letter in letters:
            mine = totals[self.starts[letter] : ends[letter]]
            number = int(np.argmax(mine[:-1])) if len(mine) > 1 else -1
            score = probability(mine[number] - mine[-1]) if number >= 0 else 0.0
            correct = number >= 0 and bool(self.right[self.starts[letter] + number])
            found.append((score, correct, bool(self.none[letter])))
        return found


def _sparse(lines: Sequence[Sequence[int]], width: int) -> Any:  # noqa: ANN401
    from scipy.sparse import csr_matrix

    offsets = np.cumsum([0, *map(len, lines)], dtype=np.int32)
    places = np.array([column for line in lines for column in line], dtype=np.int32)
    return csr_matrix((np.ones(len(places)), places, offsets), shape=(len(lines), width))


def _likeliest(
    matrix: Any,  # noqa: ANN401  a sparse matrix of one row a candidate
    right: NDArray[np.bool_],
    starts: NDArray[np.int64],
    strength: float,
) -> NDArray[np.float64]:
    """Return the weights under which the right candidates are likeliest; `starts` says where each letter begins."""
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    owner = np.repeat(np.arange(len(starts)), np.diff([*starts, len(right)]))
    turned = matrix.T.tocsr()

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        totals = matrix @ weights
        odds = np.exp(totals - np.maximum.reduceat(totals, starts)[owner])
        of_right = np.where(right, odds, 0.0)
        all_odds = np.add.reduceat(odds, starts)
        right_odds = np.maximum(np.add.reduceat(of_right, starts), 1e-300)
        value = strength * float(np.sum(np.log(all_odds) - np.log(right_odds))) + 0.5 * float(weights @ weights)
        return value, strength * (turned @ (odds / all_odds[owner] - of_right / right_odds[owner])) + weights

    begin = np.zeros(matrix.shape[1])
    with threadpool_limits(1):  # more threads would add in another order, and take longer over so little
        found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "ftol": 1e-5})
    weights: NDArray[np.float64] = found.x
    return weights


def _extract_threshold(best: Sequence[tuple[float, bool, bool]]) -> float:
    """Return from which score on the best candidate is taken; a few neighbours vote, for single ones go up and down."""
    grid = np.round(np.arange(0.02, 0.92, 0.02), 2)
    right = [sum(correct if score >= threshold else none for score, correct, none in best) for threshold in grid]
    votes = np.array([1, 2, 3, 4, 3, 2, 1])
    smooth = np.convolve(np.pad(right, len(votes) // 2, mode="edge"), votes, mode="valid")
    return float(grid[int(np.argmax(smooth))])
