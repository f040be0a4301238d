"""Prepared letters -> the numbers of a model: cues, heads, thresholds, the ranker of names.

Deterministic: the same letters give the same arrays. scikit-learn fits; what is saved and served is plain arrays
(`classify`, `extract`). Whatever chooses a threshold reads predictions for voices that were left out of fitting.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.classify import CHAR_WEIGHT, CUES, HEADS, Signals, letter_terms, sigmoid, softmax
from analyzer.clean import clean
from analyzer.corpus import Example, Sentence, find_quote, folded
from analyzer.extract import LABELS, Extractor, find_candidates
from analyzer.features import Vocabulary, char_terms, tokenize, word_terms
from analyzer.reasons import Cue, Kind, Reason, Stage, Vacancy
from analyzer.records import Cleaned, Letter
from analyzer.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from analyzer.features import Rows

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

FOLDS = 6

MIN_WORD_COUNT, MIN_CHAR_COUNT = 2, 4
CUE_C, LETTER_C, HEAD_C, EXTRACT_C = 8.0, 10.0, 0.3, 1.0
"""Inverse strengths of regularisation, chosen on held-out voices (notebooks/01)."""

FALSE_ALARM_COST = {Kind.INTERVIEW: 10.0, Kind.OFFER: 10.0, Kind.ACKNOWLEDGEMENT: 3.0, Kind.OTHER: 3.0}
"""What calling such a message a rejection costs, in missed rejections. The first two are fixed by the product; for the
others nobody loses an invitation, but a thank-you for a rejection that is none still does harm."""

MAX_FALSE_REASONS = 0.06
"""The share of letters without a reason that may be given one."""

COMPOSED_WEIGHT = 0.1
"""A composed letter of one sentence counts this much of a written one: it teaches the edges, not the middle."""

UNKNOWN, SOMEWHERE = -1, -2
"""Targets that are no yes or no: nobody knows; or the letter shows it, and nobody marked in which sentence."""

_QUOTED = 0.3  # a sentence shows a cue when this share of it, or of the quote, is common to both


@dataclass(frozen=True)
class Prepared:
    """A labelled letter, cleaned and cut. `targets` has shape (n_sentences, n_cues): 1, 0, UNKNOWN or SOMEWHERE."""

    example: Example
    cleaned: Cleaned
    sentences: tuple[str, ...]
    targets: NDArray[np.int8]


def prepare(example: Example) -> Prepared:
    """Clean a letter as serving does, cut it into sentences, and say what is known of each."""
    cleaned = clean(example.letter)
    spans = split_sentences(cleaned.body)
    targets = np.zeros((len(spans), len(CUES)), dtype=np.int8)
    for column, cue in enumerate(CUES):
        quotes = _quotes(example, cue)
        if isinstance(quotes, int):
            targets[:, column] = quotes
            continue
        found = [place for quote in quotes if (place := find_quote(quote, cleaned.body))]
        for row, span in enumerate(spans):
            targets[row, column] = any(_overlap(span, place) for place in found)
    return Prepared(example, cleaned, tuple(cleaned.body[a:z] for a, z in spans), targets)


def compose(bank: Sequence[Sentence]) -> list[Prepared]:
    """Make a letter of one sentence from each sentence of the bank, in voices of their own; they only ever train.

    So the bank teaches what its sentences show, and what a message is that says hardly anything.
    """
    letters = []
    for number, sentence in enumerate(bank):
        targets = np.full((1, len(CUES)), UNKNOWN, dtype=np.int8)
        for cue, shown in sentence.shows.items():
            targets[0, CUES.index(cue)] = shown
        letter = Letter(text=sentence.text, source="the bundled sentences")
        example = Example(f"bank-{number}", letter, sentence.kind, group=f"bank-{number % FOLDS}", composed=True)
        letters.append(Prepared(example, Cleaned(sentence.text), (sentence.text,), targets))
    return letters


def _quotes(example: Example, cue: Cue) -> tuple[str, ...] | int:
    """Return the quotes that show a cue, () where nothing does, SOMEWHERE or UNKNOWN where nobody marked it."""
    reasons = [reason for reason in Reason if reason.value == cue.value]
    if reasons:
        marked = (*example.evidence.get(reasons[0], ()), *(example.cues or {}).get(cue, ()))
        return (marked or SOMEWHERE) if reasons[0] in example.reasons else ()
    if example.cues is not None:
        return example.cues.get(cue, ())
    allowed = _IMPLIED.get(cue)
    if allowed is None or (cue in _ONLY_LABELLED and example.kind is not Kind.REJECTION):
        return UNKNOWN
    return SOMEWHERE if allowed(example) else ()


_IMPLIED: dict[Cue, Callable[[Example], bool]] = {
    Cue.REFUSAL: lambda e: e.kind is Kind.REJECTION,
    Cue.INTERVIEWED: lambda e: e.stage in {Stage.INTERVIEW, Stage.FINAL},
    Cue.FINAL_ROUND: lambda e: e.stage is Stage.FINAL,
    Cue.OPEN: lambda e: e.vacancy is Vacancy.OPEN,
    Cue.CLOSED: lambda e: e.vacancy is Vacancy.CLOSED,
    Cue.INELIGIBLE: lambda e: bool(e.ineligible),
    Cue.INVITATION: lambda e: e.kind is Kind.INTERVIEW,
    Cue.OFFER: lambda e: e.kind is Kind.OFFER,
}
"""In letters that nobody read sentence by sentence, the letter's own label implies that some sentence shows the cue, or
that none does."""

_ONLY_LABELLED = frozenset((Cue.INTERVIEWED, Cue.FINAL_ROUND, Cue.OPEN, Cue.CLOSED, Cue.INELIGIBLE))
"""What is labelled for rejections alone: in another message it may stand or not."""


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    common = min(a[1], b[1]) - max(a[0], b[0])
    return common > _QUOTED * min(a[1] - a[0], b[1] - b[0])


def fit_signals_and_score(letters: Sequence[Prepared], *, jobs: int) -> tuple[Signals, Floats]:
    """Return signals fitted on all letters, and the features that signals fitted on other voices give to each letter."""
    from joblib import Parallel, delayed

    folds = group_folds([letter.example.group for letter in letters], FOLDS)
    parts = [[letters[i] for i in _where(~fold)] for fold in folds]
    fitted = Parallel(n_jobs=jobs)(delayed(fit_signals)(part) for part in [*parts, list(letters)])
    features = [np.empty(0, dtype=np.float32)] * len(letters)
    for fold, signals in zip(folds, fitted[:-1], strict=True):
        for i in _where(fold):
            features[i] = signals.features(letters[i].sentences)[1]
    return fitted[-1], np.stack(features)


def fit_signals(letters: Sequence[Prepared]) -> Signals:
    """Fit a logistic regression for each cue on sentences and quotes, and for each output of a head on whole letters.

    Where a label says that a cue stands in a letter but not where, the sentence that a first fit finds most telling
    stands in for it.
    """
    sentences, targets, owners = _instances(letters)
    tokens = [tokenize(sentence) for sentence in sentences]
    words = Vocabulary.fit(map(word_terms, tokens), min_count=MIN_WORD_COUNT)
    chars = Vocabulary.fit(map(char_terms, tokens), min_count=MIN_CHAR_COUNT)
    matrix = _matrix(words.rows(map(word_terms, tokens)), len(words), chars.rows(map(char_terms, tokens)), len(chars))
    fitted = [_fit_cue(matrix, targets[:, column], owners) for column in range(len(CUES))]
    weights = np.stack([weight for weight, _ in fitted], axis=1)
    cues = weights, np.array([bias for _, bias in fitted], dtype=np.float32)
    return Signals(words, chars, cues, _fit_letters(letters, words))


def _fit_letters(letters: Sequence[Prepared], words: Vocabulary) -> tuple[Floats, Floats]:
    """Fit the scores of whole letters, balanced: a mailbox does not hold kinds and reasons as the corpus does."""
    letters = [letter for letter in letters if not letter.example.composed]
    rows = words.rows(letter_terms(letter.sentences) for letter in letters)
    matrix = _sparse(rows, len(words))
    weights = np.zeros((len(words), sum(HEADS.values())), dtype=np.float32)
    bias = np.zeros(sum(HEADS.values()), dtype=np.float32)
    targets = np.stack([_letter_targets(letter.example) for letter in letters])
    for column in range(targets.shape[1]):
        known = targets[:, column] != UNKNOWN
        if len(np.unique(targets[known, column])) == 2:
            weights[:, column], bias[column] = _logistic(
                matrix[known], targets[known, column], strength=LETTER_C, balanced=True
            )
    return weights, bias


def _weights(letters: Sequence[Prepared]) -> Floats:
    """Return how much each letter counts where whole letters are learnt from."""
    return np.array([COMPOSED_WEIGHT if letter.example.composed else 1 for letter in letters], dtype=np.float32)


def _letter_targets(example: Example) -> NDArray[np.int8]:
    """Return 1, 0 or UNKNOWN for every output of the heads, in their order."""
    rejection = example.kind is Kind.REJECTION
    asked: list[bool | None] = [example.kind is kind for kind in Kind]
    asked += [reason in example.reasons if rejection else None for reason in Reason]
    asked += [example.stage is stage if example.stage else None for stage in Stage]
    asked += [example.vacancy is vacancy if example.vacancy else None for vacancy in Vacancy]
    asked += [example.ineligible if rejection else None]
    return np.array([UNKNOWN if answer is None else int(answer) for answer in asked], dtype=np.int8)


def _instances(letters: Sequence[Prepared]) -> tuple[list[str], NDArray[np.int8], NDArray[np.int64]]:
    """Return every sentence and every quote of evidence, with its targets and its letter (-1: a quote)."""
    sentences: list[str] = []
    rows: list[NDArray[np.int8]] = []
    owners: list[int] = []
    for number, letter in enumerate(letters):
        sentences += letter.sentences
        rows += list(letter.targets)
        owners += [number] * len(letter.sentences)
        for reason, quotes in letter.example.evidence.items():
            for quote in quotes:
                target = np.full(len(CUES), UNKNOWN, dtype=np.int8)
                target[: len(Reason)] = [quote in letter.example.evidence.get(other, ()) for other in Reason]
                target[list(Reason).index(reason)] = 1
                sentences.append(quote)
                rows.append(target)
                owners.append(-1)
    return sentences, np.stack(rows), np.array(owners)


def _matrix(words: Rows, n_words: int, chars: Rows, n_chars: int) -> Any:  # noqa: ANN401  scipy has no types
    from scipy.sparse import csr_matrix, hstack

    return csr_matrix(hstack([_sparse(words, n_words), CHAR_WEIGHT * _sparse(chars, n_chars)]))


def _sparse(rows: Rows, n_columns: int) -> Any:  # noqa: ANN401
    from scipy.sparse import csr_matrix

    shape = (len(rows.offsets) - 1, n_columns)
    return csr_matrix((rows.values, rows.indices, rows.offsets.astype(np.int32)), shape=shape)


def _fit_cue(matrix: Any, target: NDArray[np.int8], owners: NDArray[np.int64]) -> tuple[Floats, float]:  # noqa: ANN401
    somewhere = np.flatnonzero(target == SOMEWHERE)
    if not (target == 1).any():  # nobody marked this cue: every sentence of a letter that shows it stands for it
        target = np.where(target == SOMEWHERE, 1, target).astype(np.int8)
        somewhere = somewhere[:0]
    known = target >= 0
    if len(np.unique(target[known])) < 2:
        return np.zeros(matrix.shape[1], dtype=np.float32), -4.0
    weights, bias = _logistic(matrix[known], target[known], strength=CUE_C)
    if len(somewhere):
        scores = matrix[somewhere] @ weights
        target = target.copy()
        for owner in np.unique(owners[somewhere]):
            mine = owners[somewhere] == owner
            target[somewhere[mine][np.argmax(scores[mine])]] = 1
        known = target >= 0
        weights, bias = _logistic(matrix[known], target[known], strength=CUE_C)
    return weights, bias


def _logistic(
    matrix: Any,  # noqa: ANN401
    target: NDArray[np.int8],
    *,
    strength: float,
    balanced: bool = False,
) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    weight = "balanced" if balanced else None
    model = LogisticRegression(C=strength, solver="liblinear", random_state=0, class_weight=weight, max_iter=200)
    model.fit(matrix, target)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def fit_heads(letters: Sequence[Prepared], features: Floats) -> tuple[dict[str, NDArray[np.generic]], dict[str, Any]]:
    """Fit the letter layer on the strengths from other voices, and choose the thresholds on predictions of its own folds."""
    groups = [letter.example.group for letter in letters]
    examples = [letter.example for letter in letters]
    kinds = np.array([list(Kind).index(e.kind) for e in examples])
    written = np.array([not e.composed for e in examples])
    rejected = np.flatnonzero(written & (kinds == list(Kind).index(Kind.REJECTION)))
    arrays: dict[str, NDArray[np.generic]] = {}
    weight = _weights(letters)
    kind_scores = _head(arrays, "kind", features, kinds[:, None], groups, n_classes=len(Kind), weight=weight)
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
    thresholds = {
        "rejection": _rejection_threshold(softmax(kind_scores[written]), kinds[written]),
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
    scores = np.zeros((len(features), weights.shape[1]), dtype=np.float32)
    for fold in group_folds(groups, FOLDS):
        if fold.all() or not fold.any():
            continue
        w, b = _fit_head(features[~fold], targets[~fold], n_classes, weight[~fold])
        scores[fold] = features[fold] @ w + b
    return scores


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
        coef, intercept = model.coef_, model.intercept_
        if len(present) == 2:
            coef, intercept = np.vstack([-coef / 2, coef / 2]), np.concatenate([-intercept / 2, intercept / 2])
        weights[:, present] = coef.T
        bias[present] = intercept
        return weights, bias
    for column in range(n_outputs):
        if len(np.unique(targets[:, column])) == 1:
            continue
        model = LogisticRegression(C=HEAD_C, max_iter=2000).fit(features, targets[:, column], sample_weight=weight)
        weights[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return weights, bias


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
            others = _fit_ranker([rows[i] for i in _where(~fold)], label)
            best += [_best_candidate(others, label, *rows[i]) for i in _where(fold)]
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


def _where(mask: Mask) -> list[int]:
    return [int(number) for number in np.flatnonzero(mask)]


def group_folds(groups: Sequence[str], count: int) -> list[Mask]:
    """Return boolean masks that part the letters into folds, whole groups together; the same for the same groups."""
    sizes = Counter(groups)
    loads = [0] * max(2, min(count, len(sizes)))
    place: dict[str, int] = {}
    if len(sizes) < len(loads):  # a single group: part its letters instead
        return [np.arange(len(groups)) % len(loads) == fold for fold in range(len(loads))]
    for group, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        place[group] = int(np.argmin(loads))
        loads[place[group]] += size
    return [np.array([place[group] == fold for group in groups]) for fold in range(len(loads))]
