"""Features of letters -> the calibrated classifiers of the letter layer, and their thresholds.

Whatever chooses a threshold reads predictions for voices that were left out of fitting.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.classify import GATE, head_scores, sigmoid, softmax
from analyzer.reasons import Kind, Reason, Stage, Vacancy
from analyzer.targets import FOLDS, group_folds, letter_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from analyzer.targets import Prepared

    Floats = NDArray[np.float32]

HEAD_C = 0.3
"""Inverse strength of regularisation, chosen on left-out voices (notebooks/01)."""

HIDDEN, HIDDEN_ALPHA, HIDDEN_PASSES = 32, 1.0, 60
"""The hidden layer of the classifier of kinds, chosen on left-out voices: there it finds two to three more rejections in a
hundred at the same share of false alarms. For the reasons it did no better than a linear one."""

FALSE_ALARM_COST = {Kind.INTERVIEW: 10.0, Kind.OFFER: 10.0, Kind.ACKNOWLEDGEMENT: 3.0, Kind.OTHER: 3.0}
"""What calling such a message a rejection costs, in missed rejections. The first two are fixed by the product; for the
others nobody loses an invitation, but a thank-you for a rejection that is none still does harm."""

MAX_FALSE_REASONS = 0.06
"""The share of letters without a reason that may be given one."""

GATE_MISSES = 0.002
"""The share of the rejections that would be found which the gate may let go, unread by the encoder."""


def fit_heads(
    letters: Sequence[Prepared], features: Floats, at_gate: Floats
) -> tuple[dict[str, NDArray[np.generic]], dict[str, Any]]:
    """Fit the gate and the letter layer on what other voices' signals say; choose thresholds on left-out predictions."""
    groups = [letter.example.group for letter in letters]
    examples = [letter.example for letter in letters]
    kinds = np.array([list(Kind).index(e.kind) for e in examples])
    written = np.array([not e.composed for e in examples])
    rejected = np.flatnonzero(written & (kinds == list(Kind).index(Kind.REJECTION)))
    arrays: dict[str, NDArray[np.generic]] = {}
    weight = letter_weights(letters)
    gate_scores = _head(arrays, GATE, at_gate, kinds[:, None], groups, n_classes=len(Kind), weight=weight)
    kind_scores = _kind_head(arrays, features, kinds, groups, weight)
    reasons = np.array([[r in examples[i].reasons for r in Reason] for i in rejected]).astype(int)
    own = [groups[i] for i in rejected]
    reason_scores = _head(arrays, "reasons", features[rejected], reasons, own)
    for head, scheme, values in (
        ("stage", Stage, [examples[i].stage for i in rejected]),
        ("vacancy", Vacancy, [examples[i].vacancy for i in rejected]),
    ):
        labelled = [n for n, value in enumerate(values) if value is not None]
        target = np.array([list(scheme).index(values[n]) for n in labelled])  # type: ignore[arg-type]
        _head(
            arrays,
            head,
            features[rejected][labelled],
            target[:, None],
            [own[n] for n in labelled],
            n_classes=len(list(scheme)),
        )
    told = [n for n, i in enumerate(rejected) if examples[i].ineligible is not None]
    barred = np.array([int(bool(examples[rejected[n]].ineligible)) for n in told], dtype=int).reshape(-1, 1)
    barred_scores = _head(arrays, "ineligible", features[rejected][told], barred, [own[n] for n in told])
    least = _rejection_threshold(softmax(kind_scores[written]), kinds[written])
    column = list(Kind).index(Kind.REJECTION)
    found = rejected[softmax(kind_scores[rejected])[:, column] >= least]
    thresholds = {
        "gate": _gate_threshold(softmax(gate_scores[found])[:, column]),
        "rejection": least,
        "reasons": dict(zip(Reason, _reason_thresholds(sigmoid(reason_scores), reasons), strict=True)),
        "ineligible": _best_f1(sigmoid(barred_scores)[:, 0], barred[:, 0]),
    }
    return arrays, thresholds


def _head(
    arrays: dict[str, NDArray[np.generic]],
    name: str,
    features: Floats,
    targets: NDArray[np.int_],
    groups: Sequence[str],
    *,
    n_classes: int = 0,
    weight: Floats | None = None,
) -> Floats:
    """Fit one head, put its weights into `arrays`, and return the scores that its folds give to voices left out.

    With `n_classes` the single column of `targets` holds classes (softmax); otherwise each column is yes or no.
    """
    if weight is None:
        weight = np.ones(len(features), dtype=np.float32)
    weights, bias = _fit_head(features, targets, n_classes, weight)
    arrays[f"{name}.weights"], arrays[f"{name}.bias"] = weights, bias
    return _left_out_scores(
        features,
        groups,
        len(bias),
        lambda rest: [_fit_head(features[rest], targets[rest], n_classes, weight[rest])],
    )


def _kind_head(
    arrays: dict[str, NDArray[np.generic]],
    features: Floats,
    kinds: NDArray[np.int_],
    groups: Sequence[str],
    weight: Floats,
) -> Floats:
    """Fit the classifier of kinds as `_head` does the others, with a hidden layer."""
    for name, (weights, bias) in zip(
        ("kind.hidden", "kind"), _fit_network(features, kinds, len(Kind), weight), strict=True
    ):
        arrays[f"{name}.weights"], arrays[f"{name}.bias"] = weights, bias
    return _left_out_scores(
        features, groups, len(Kind), lambda rest: _fit_network(features[rest], kinds[rest], len(Kind), weight[rest])
    )


def _left_out_scores(
    features: Floats,
    groups: Sequence[str],
    n_outputs: int,
    fit: Callable[[NDArray[np.bool_]], list[tuple[Floats, Floats]]],
) -> Floats:
    """Return the scores that each fold is given by layers that `fit` has fitted to the rest; 0 where there is no rest."""
    scores = np.zeros((len(features), n_outputs), dtype=np.float32)
    for fold in group_folds(groups, FOLDS):
        if fold.any() and not fold.all():
            scores[fold] = head_scores(fit(~fold), features[fold])
    return scores


def _fit_network(
    features: Floats, classes: NDArray[np.int_], n_classes: int, weight: Floats
) -> list[tuple[Floats, Floats]]:
    """Return the two layers of a network; the scale of the features becomes part of its weights."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-3)
    network = MLPClassifier((HIDDEN,), alpha=HIDDEN_ALPHA, max_iter=HIDDEN_PASSES, random_state=0)
    with threadpool_limits(1), warnings.catch_warnings():  # one thread adds in one order: the same bytes twice
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many passes were chosen, converged or not
        network.fit((features - mean) / scale, classes, sample_weight=weight)
    hidden = network.coefs_[0] / scale[:, None]
    weights, bias = np.zeros((HIDDEN, n_classes), dtype=np.float32), np.full(n_classes, -6.0, dtype=np.float32)
    present = network.classes_
    weights[:, present], bias[present] = _for_each_class(network.coefs_[1], network.intercepts_[1], len(present))
    offset = network.intercepts_[0] - mean @ hidden
    return [(hidden.astype(np.float32), offset.astype(np.float32)), (weights, bias)]


def _for_each_class(weights: Floats, bias: Floats, n_classes: int) -> tuple[Floats, Floats]:
    """Return an output for each class, as softmax takes them; scikit-learn has a single one for two classes."""
    if n_classes == 2:
        return np.hstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
    return weights, bias


def _fit_head(features: Floats, targets: NDArray[np.int_], n_classes: int, weight: Floats) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    n_outputs = n_classes or targets.shape[1]
    weights = np.zeros((features.shape[1], n_outputs), dtype=np.float32)
    bias = np.full(n_outputs, -6.0, dtype=np.float32)
    if not len(features):  # nobody labelled this field: the first value, or no
        bias[0] = 6.0 if n_classes else -6.0
        return weights, bias
    if n_classes:
        present = np.unique(targets[:, 0])
        if len(present) == 1:
            bias[present[0]] = 6.0
            return weights, bias
        model = LogisticRegression(C=HEAD_C, max_iter=2000).fit(features, targets[:, 0], sample_weight=weight)
        weights[:, present], bias[present] = _for_each_class(model.coef_.T, model.intercept_, len(present))
        return weights, bias
    for column in range(n_outputs):
        if len(np.unique(targets[:, column])) == 1:
            continue
        model = LogisticRegression(C=HEAD_C, max_iter=2000).fit(features, targets[:, column], sample_weight=weight)
        weights[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return weights, bias


def _gate_threshold(probabilities: Floats) -> float:
    """Return the probability that all but GATE_MISSES of these rejections reach."""
    return round(float(np.quantile(probabilities, GATE_MISSES)), 6) if len(probabilities) else 0.0


def _rejection_threshold(probabilities: Floats, kinds: NDArray[np.int_]) -> float:
    """Return the probability of `rejection` from which on calling it one costs least."""
    names = list(Kind)
    column = names.index(Kind.REJECTION)
    best = (np.inf, 0.5)
    for threshold in np.round(np.arange(0.2, 0.96, 0.01), 2):
        cost = 0.0
        called = probabilities[:, column] >= threshold
        for number, kind in enumerate(names):
            mine = kinds == number
            cost += (~called & mine).sum() if kind is Kind.REJECTION else FALSE_ALARM_COST[kind] * (called & mine).sum()
        best = min(best, (float(cost), float(threshold)))
    return best[1]


def _reason_thresholds(probabilities: Floats, truth: NDArray[np.int_]) -> list[float]:
    """Choose each threshold for the best F1, then raise all of them until few letters without a reason are given one."""
    thresholds = np.array([_best_f1(probabilities[:, column], truth[:, column]) for column in range(truth.shape[1])])
    empty = ~truth.any(axis=1)
    while (
        empty.any()
        and (probabilities[empty] >= thresholds).any(axis=1).mean() > MAX_FALSE_REASONS
        and thresholds.min() < 0.9
    ):
        thresholds = np.minimum(thresholds + 0.01, 0.95)
    return [round(float(threshold), 4) for threshold in thresholds]


def _best_f1(probabilities: Floats, truth: NDArray[np.int_]) -> float:
    def f1(threshold: float) -> float:
        called = probabilities >= threshold
        return float(2 * (called & (truth == 1)).sum() / max(1, called.sum() + (truth == 1).sum()))

    return float(max(np.round(np.arange(0.2, 0.81, 0.01), 2), key=f1))
