"""Body -> kind, reasons, evidence, stage, vacancy: a linear model in two layers, served with numpy alone.

1. Sentences. Each sentence is scored for every cue (`Cue`): does it refuse, does it say that the role is on hold, does
   it promise to keep a CV on file ...? Boilerplate is a cue of its own, so that it is learnt as boilerplate.
2. The letter. For every cue the strongest sentence counts; small calibrated classifiers read those strengths.

So evidence comes for free: it is the sentence that was the strongest, cut down to the clause that makes it strong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from analyzer.features import Vocabulary, char_terms, tokenize, word_terms
from analyzer.reasons import Cue, Kind, Reason, Stage, Vacancy
from analyzer.records import Prediction, Span
from analyzer.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from analyzer.model import StoredModel

    Floats = NDArray[np.float32]


CUES = tuple(Cue)
FLOOR = -8.0
"""The strength of a cue in a letter without sentences, and the least that any sentence counts."""
CHAR_WEIGHT = 0.7
"""How much the character n-grams of a sentence weigh against its words; chosen on held-out voices."""

MAX_EVIDENCE = 2
_CLAUSE = re.compile(
    r"(?<=[,;:\u2013\u2014)])\s+|\s+(?=[(\u2013\u2014])|\s+-\s+"
    r"|\s+(?=(?:and|but|as|because|since|while|so|who|whose|which|although|though|however|therefore|after|before|if|until|with)\b)",
    re.IGNORECASE,
)
_MAX_CLAUSES = 8
_KEEP = 0.75  # a clause stands for its sentence when it keeps this share of the strength above the floor


class Cues:
    """The first layer: sentence -> strength (log-odds) of every cue."""

    def __init__(self, words: Vocabulary, chars: Vocabulary, weights: Floats, bias: Floats) -> None:
        """Take weights of shape (len(words) + len(chars), n_cues)."""
        self.words, self.chars = words, chars
        self.weights, self.bias = weights, bias

    def strengths(self, sentences: Sequence[str]) -> Floats:
        """Return shape (n_sentences, n_cues), each at least FLOOR."""
        tokens = [tokenize(sentence) for sentence in sentences]
        word_rows = self.words.rows(map(word_terms, tokens))
        char_rows = self.chars.rows(map(char_terms, tokens))
        split = len(self.words)
        scores = word_rows.dot(self.weights[:split]) + CHAR_WEIGHT * char_rows.dot(self.weights[split:])
        return np.maximum(scores + self.bias, FLOOR).astype(np.float32)


def letter_features(strengths: Floats) -> Floats:
    """Return what the second layer reads: the strongest and the second strongest sentence of each cue.

    `strengths` has shape (n_sentences, n_cues); the result has shape (2 * n_cues + 1,), its last entry the logarithm of
    the number of sentences, since more sentences give more chances of a strong one.
    """
    n_cues = strengths.shape[1]
    padded = np.concatenate([strengths, np.full((2, n_cues), FLOOR, dtype=np.float32)])
    top = np.sort(padded, axis=0)[::-1][:2]
    return np.concatenate([top[0], top[1], [np.log1p(len(strengths))]]).astype(np.float32) / np.float32(4)


class Classifier:
    """A trained model, ready to read letters."""

    def __init__(self, stored: StoredModel) -> None:
        """Build it from a checked model folder."""
        arrays = stored.arrays
        self.name = stored.name
        self.cues = Cues(
            _vocabulary(arrays, "words"),
            _vocabulary(arrays, "chars"),
            arrays["cues.weights"].astype(np.float32),
            arrays["cues.bias"].astype(np.float32),
        )
        self._heads = {
            head: (arrays[f"{head}.weights"].astype(np.float32), arrays[f"{head}.bias"].astype(np.float32))
            for head in ("kind", "reasons", "stage", "vacancy", "ineligible")
        }
        thresholds = stored.manifest["thresholds"]
        self._rejection_threshold = float(thresholds["rejection"])
        self._reason_thresholds = {reason: float(thresholds["reasons"][reason]) for reason in Reason}
        self._ineligible_threshold = float(thresholds["ineligible"])

    def predict(self, body: str) -> Prediction:
        """Read one cleaned body."""
        spans = split_sentences(body)
        strengths = self.cues.strengths([body[start:end] for start, end in spans])
        features = letter_features(strengths)
        kinds = dict(zip(Kind, map(float, softmax(self._score("kind", features))), strict=True))
        kind = choose_kind(kinds, self._rejection_threshold)
        if kind is not Kind.REJECTION:
            return Prediction(kind=kind, kinds=kinds)
        reasons = dict(zip(Reason, map(float, sigmoid(self._score("reasons", features))), strict=True))
        shown = tuple(reason for reason in Reason if reasons[reason] >= self._reason_thresholds[reason])
        ineligible = float(sigmoid(self._score("ineligible", features))[0])
        return Prediction(
            kind=kind,
            kinds=kinds,
            reasons=reasons,
            shown=shown,
            evidence=tuple(self._evidence(body, spans, strengths, shown)),
            stage=tuple(Stage)[int(np.argmax(self._score("stage", features)))],
            vacancy=tuple(Vacancy)[int(np.argmax(self._score("vacancy", features)))],
            ineligible=ineligible >= self._ineligible_threshold,
        )

    def _score(self, head: str, features: Floats) -> Floats:
        weights, bias = self._heads[head]
        return np.asarray(features @ weights + bias, dtype=np.float32)

    def _evidence(
        self, body: str, spans: Sequence[tuple[int, int]], strengths: Floats, shown: Iterable[Reason]
    ) -> Iterable[Span]:
        for reason in shown:
            column = strengths[:, CUES.index(Cue(reason.value))]
            order = np.argsort(-column, kind="stable")[:MAX_EVIDENCE]
            for rank, number in enumerate(sorted(order, key=lambda n: -column[n])):
                if rank and column[number] < 0:  # a second sentence must show the reason by itself
                    break
                start, end = self._clause(body, spans[number], reason)
                yield Span(start, end, reason.value)

    def _clause(self, body: str, span: tuple[int, int], reason: Reason) -> tuple[int, int]:
        """Return the shortest run of clauses that keeps most of the sentence's strength."""
        start, end = span
        cuts = [start, *(start + match.end() for match in _CLAUSE.finditer(body[start:end])), end]
        if len(cuts) - 1 > _MAX_CLAUSES:
            cuts = [*cuts[:_MAX_CLAUSES], end]
        runs = [(a, z) for i, a in enumerate(cuts) for z in cuts[i + 1 :]]
        scores = self.cues.strengths([body[a:z] for a, z in runs])[:, CUES.index(Cue(reason.value))] - FLOOR
        whole = scores[runs.index((start, end))]
        kept = [(z - a, a, z) for (a, z), score in zip(runs, scores, strict=True) if score >= _KEEP * whole]
        _, a, z = min(kept)
        text = body[a:z].rstrip().rstrip(",;:-\u2013\u2014(").rstrip()
        return a, a + len(text)


def softmax(scores: Floats) -> Floats:
    """Return probabilities that sum to 1 along the last axis."""
    shifted = np.exp((scores - scores.max(axis=-1, keepdims=True)).astype(np.float64))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def sigmoid(scores: Floats) -> Floats:
    """Return independent probabilities."""
    return np.asarray(1 / (1 + np.exp(-scores.astype(np.float64))))


def choose_kind(kinds: Mapping[Kind, float], rejection_threshold: float) -> Kind:
    """Call a rejection only what is sure enough: hope taken away by mistake costs more than a missed rejection."""
    if kinds[Kind.REJECTION] >= rejection_threshold:
        return Kind.REJECTION
    return max((kind for kind in Kind if kind is not Kind.REJECTION), key=lambda kind: kinds[kind])


def vocabulary_arrays(name: str, vocabulary: Vocabulary) -> dict[str, NDArray[np.generic]]:
    """Return a vocabulary as arrays: its terms as one UTF-8 text with a term a line."""
    text = np.frombuffer("\n".join(vocabulary.terms).encode(), dtype=np.uint8)
    return {f"{name}.terms": text, f"{name}.idf": vocabulary.idf.astype(np.float32)}


def _vocabulary(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Vocabulary:
    terms = arrays[f"{name}.terms"].tobytes().decode().split("\n")
    return Vocabulary(terms, arrays[f"{name}.idf"].astype(np.float32))
