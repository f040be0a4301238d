"""Body -> kind, reasons, evidence, stage, vacancy: two layers and a gate, served with numpy alone.

1. Signals. Each sentence is scored for every cue (`Cue`): does it refuse, does it say that the role is on hold, does it
   promise to keep a CV on file ...? Boilerplate is a cue of its own, so that it is learnt as boilerplate. Two views are
   summed: a linear model of n-grams, which knows the exact words, and the `encoder`, which knows what words mean.
2. The letter. Small calibrated classifiers read the strongest sentences of every cue, and the letter's scores: linear
   ones, but for the kind, for which what counts is what stands together (a refusal beside an invitation is none).

The encoder is slow, so a gate stands before it: a classifier of kinds that reads the n-grams alone. Most mail ends there.
So evidence comes for free: it is the sentence that was the strongest, cut down to the clause that makes it strong.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analyzer.encoder import Encoder
from analyzer.errors import ModelError
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
HEADS = {"kind": len(Kind), "reasons": len(Reason), "stage": len(Stage), "vacancy": len(Vacancy), "ineligible": 1}
"""The classifiers of the letter layer, with the number of their outputs."""
GATE = "gate"
"""The classifier of kinds that reads what n-grams say, without the encoder."""
FLOOR = -8.0
"""The strength of a cue in a letter without sentences, and the least that any sentence counts."""
CHAR_WEIGHT = 0.7
"""How much the character n-grams of a sentence weigh against its words; chosen on left-out voices."""

MAX_ENCODED = 200
"""Sentences that the encoder reads; letters have five to forty."""

MAX_EVIDENCE = 2
_CLAUSE = re.compile(
    r"(?<=[,;:\u2013\u2014)])\s+|\s+(?=[(\u2013\u2014])|\s+-\s+"
    r"|\s+(?=(?:and|but|as|because|since|while|so|who|whose|which|although|though|however|therefore|after|before|if|until)\b)",
    re.IGNORECASE,
)
_MAX_CLAUSES = 8
_MIN_CLAUSE_WORDS = 6  # fewer words are a scrap of a sentence that nobody would quote
_PER_WORD = 0.03  # log-odds that a word more is worth; chosen on left-out voices, where 0.02 to 0.05 do the same


class Signals:
    """The first layer: what each sentence shows, and what all the words of the letter together say."""

    def __init__(
        self, words: Vocabulary, chars: Vocabulary, cues: tuple[Floats, Floats], letters: tuple[Floats, Floats]
    ) -> None:
        """Take (weights, bias) of the cues, (len(words) + len(chars), n_cues), and of whole letters, (len(words), n)."""
        self.words, self.chars = words, chars
        self.cues, self.letters = cues, letters

    def ngram_strengths(self, sentences: Sequence[str]) -> Floats:
        """Return the strength (log-odds) of every cue in every sentence by its n-grams, shape (n_sentences, n_cues)."""
        weights, bias = self.cues
        split = len(self.words)
        tokens = [tokenize(sentence) for sentence in sentences]
        scores = self.words.rows(map(word_terms, tokens)).dot(weights[:split])
        scores = scores + CHAR_WEIGHT * self.chars.rows(map(char_terms, tokens)).dot(weights[split:]) + bias
        return np.asarray(scores, dtype=np.float32)

    def letter_scores(self, sentences: Sequence[str]) -> Floats:
        """Return the scores that the words of all sentences together give to every output of the letter layer."""
        weights, bias = self.letters
        return np.asarray(self.words.rows([letter_terms(sentences)]).dot(weights)[0] + bias, dtype=np.float32)


def sum_of_views(ngrams: Floats, encoded: Floats) -> Floats:
    """Return the strengths of the first layer from its two views: their mean, each of them at least FLOOR."""
    return np.asarray((np.maximum(ngrams, FLOOR) + np.maximum(encoded, FLOOR)) / 2, dtype=np.float32)


def letter_terms(sentences: Iterable[str]) -> list[str]:
    """Return the word n-grams of a letter; none crosses the end of a sentence."""
    return [term for sentence in sentences for term in word_terms(tokenize(sentence))]


def letter_features(strengths: Floats, letter_scores: Floats) -> Floats:
    """Return what the second layer reads, all of it on a scale of about one.

    Of each cue: the strongest and the second strongest sentence, how many sentences show it, and their share; then the
    logarithm of the number of sentences (more sentences give more chances of a strong one); then the letter's scores.
    """
    n_cues = strengths.shape[1]
    strengths = np.maximum(strengths, FLOOR)
    padded = np.concatenate([strengths, np.full((2, n_cues), FLOOR, dtype=np.float32)])
    top = np.sort(padded, axis=0)[::-1][:2] / 4
    shown = sigmoid(strengths).sum(axis=0)
    share = 3 * shown / max(1, len(strengths))
    length = [np.log1p(len(strengths)) / 4]
    return np.concatenate([top[0], top[1], shown, share, length, letter_scores / 2]).astype(np.float32)


class Classifier:
    """A trained model, ready to read letters."""

    def __init__(self, stored: StoredModel) -> None:
        """Build it from a checked model folder."""
        self.name = stored.name
        try:
            self._build(stored)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{stored.path}: lacks a part of the model ({error}); train or install it again"
            ) from error

    def _build(self, stored: StoredModel) -> None:
        arrays = stored.arrays
        cues, letters = (_layer(arrays, name) for name in ("cues", "letters"))
        self.signals = Signals(_vocabulary(arrays, "words"), _vocabulary(arrays, "chars"), cues, letters)
        self._heads = {name: head_layers(arrays, name) for name in (GATE, *HEADS)}
        thresholds = stored.manifest["thresholds"]
        self._gate_threshold = float(thresholds["gate"])
        self._rejection_threshold = float(thresholds["rejection"])
        self._reason_thresholds = {reason: float(thresholds["reasons"][reason]) for reason in Reason}
        self._ineligible_threshold = float(thresholds["ineligible"])
        self._encoder_sha256 = str(stored.manifest["encoder"])
        self._path = stored.path

    def gate(self, body: str) -> dict[Kind, float]:
        """Return the probabilities of the kinds by n-grams alone: fast, and enough for mail that is no rejection."""
        return self._gate([body[start:end] for start, end in split_sentences(body)])[0]

    def _gate(self, sentences: Sequence[str]) -> tuple[dict[Kind, float], Floats, Floats]:
        """Return these probabilities, and what they come from: the strengths and the letter's scores."""
        scores = self.signals.letter_scores(sentences)
        ngrams = self.signals.ngram_strengths(sentences)
        return self._kinds(GATE, letter_features(ngrams, scores)), ngrams, scores

    def predict(self, body: str) -> Prediction:
        """Read one cleaned body."""
        spans = split_sentences(body)
        sentences = [body[start:end] for start, end in spans]
        kinds, ngrams, scores = self._gate(sentences)
        if kinds[Kind.REJECTION] < self._gate_threshold:
            return Prediction(kind=choose_kind(kinds, self._rejection_threshold), kinds=kinds)
        strengths = self._strengths(sentences, ngrams)
        features = letter_features(strengths, scores)
        kinds = self._kinds("kind", features)
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

    def _strengths(self, sentences: Sequence[str], ngrams: Floats) -> Floats:
        """Return both views of the sentences; of a text longer than any letter its ends are encoded, n-grams do the rest."""
        read = [*range(len(sentences))]
        if len(read) > MAX_ENCODED:
            read = [*read[: MAX_ENCODED // 2], *read[-MAX_ENCODED // 2 :]]
        encoded = ngrams.copy()
        encoded[read] = self._encoder.strengths([sentences[number] for number in read])
        return sum_of_views(ngrams, encoded)

    @cached_property
    def _encoder(self) -> Encoder:
        """The encoder that the heads were fitted with; read when the first letter passes the gate."""
        encoder = Encoder.load()
        if encoder.sha256 != self._encoder_sha256:
            raise ModelError(f"{self._path}: was trained with another encoder than this program's; train it again")
        return encoder

    def _kinds(self, head: str, features: Floats) -> dict[Kind, float]:
        return dict(zip(Kind, map(float, softmax(self._score(head, features))), strict=True))

    def _score(self, head: str, features: Floats) -> Floats:
        return head_scores(self._heads[head], features)

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
        """Return the run of whole clauses that shows the reason most strongly, longer ones a little preferred."""
        start, end = span
        cuts = [start, *(start + match.end() for match in _CLAUSE.finditer(body[start:end])), end]
        if len(cuts) - 1 > _MAX_CLAUSES:
            cuts = [*cuts[:_MAX_CLAUSES], end]
        runs = [(a, z) for i, a in enumerate(cuts) for z in cuts[i + 1 :]]
        runs = [run for run in runs if len(body[slice(*run)].split()) >= _MIN_CLAUSE_WORDS] or [span]
        scores = self.signals.ngram_strengths([body[a:z] for a, z in runs])[:, CUES.index(Cue(reason.value))]
        lengths = np.array([len(body[a:z].split()) for a, z in runs])
        a, z = runs[int(np.argmax(scores + _PER_WORD * lengths))]
        text = body[a:z].rstrip().rstrip(",;:-\u2013\u2014(").rstrip()
        return a, a + len(text)


def head_layers(arrays: Mapping[str, NDArray[np.generic]], head: str) -> list[tuple[Floats, Floats]]:
    """Return (weights, bias) of each layer of a head: the outputs, and before them those that `kind` has in between."""
    return [_layer(arrays, name) for name in (f"{head}.hidden", head) if f"{name}.weights" in arrays or name == head]


def head_scores(layers: Sequence[tuple[Floats, Floats]], features: Floats) -> Floats:
    """Return the scores of a head for one letter or for many, before they become probabilities."""
    *between, (weights, bias) = layers
    for hidden, offset in between:
        features = np.maximum(features @ hidden + offset, 0)
    return np.asarray(features @ weights + bias, dtype=np.float32)


def _layer(arrays: Mapping[str, NDArray[np.generic]], name: str) -> tuple[Floats, Floats]:
    """Return weights and bias as they are stored: most are half-precision numbers, and few of them are ever looked at."""
    return np.asarray(arrays[f"{name}.weights"]), np.asarray(arrays[f"{name}.bias"], dtype=np.float32)


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
