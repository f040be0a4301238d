"""Compare designs of the classifier on voices that none of them has seen.

    python scripts/compare_designs.py                    # the whole corpus; writes benchmarks/designs.json
    python scripts/compare_designs.py LETTERS.jsonl ...  # and on labelled letters of your own
    python scripts/compare_designs.py --small            # a part of the letters, to see that it runs; writes nothing

A design turns a letter into numbers. The heads of the program read them and choose their thresholds (`analyzer.heads`), so
only the numbers differ. The training voices are parted as for the encoder (`encoder_folds`): neither design nor heads
have seen the voice of a letter that they answer for. For the test voices and the files named, all training voices are
learnt from. The word vectors alone come from the encoder of all training voices, which favours (c) on voices left out.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import spacy
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix, hstack
from sklearn.decomposition import PCA
from spacy.training import Example as Training
from threadpoolctl import threadpool_limits

from analyzer import fit
from analyzer.classify import (
    GATE,
    HEADS,
    Signals,
    head_layers,
    head_scores,
    letter_features,
    sigmoid,
    softmax,
    sum_of_views,
)
from analyzer.corpus import bundled_letters, bundled_sentences, held_out_groups, read_corpus, read_sentences
from analyzer.encoder import ENCODER, WIDTH, Encoder
from analyzer.evaluate import MIN_SUPPORT, NO_SIGNAL, _figure, _macro_f1
from analyzer.features import Vocabulary, char_terms, tokenize, word_terms
from analyzer.heads import fit_heads
from analyzer.reasons import Kind, Reason, Stage, Vacancy
from analyzer.targets import UNKNOWN, Prepared, compose, encoder_folds, instances, letter_targets, prepare, where

Floats = np.typing.NDArray[np.float32]
Letters = Sequence[Prepared]
Texts = Sequence[tuple[Sequence[str], Floats]]  # the sentences of each letter, and what the encoder says of them
ROOT = Path(__file__).parents[1]
TABLE = ROOT / "benchmarks" / "designs.json"
LEFT_OUT, TEST = "left-out voices", "test voices"
BASE, SERVED = "(b) sentence cues by n-grams", "(e) n-grams and encoder, served"
"""The design that every other is compared with, letter by letter, and the one in the program."""
DIMENSIONS, EPOCHS = 64, 8  # of a word vector; of spaCy's textcat
SMALL, TIMED = 12, 100  # one letter in so many is read; so many letters are timed
REJECTION = list(Kind).index(Kind.REJECTION)


class Design(NamedTuple):
    """A fitted design: scores of whole letters, strengths of cues in sentences, or both; and its bytes."""

    size: int
    scores: Callable[[Sequence[str]], Floats] | None = None
    strengths: Callable[[Sequence[str], Floats], Floats] | None = None
    gate: Callable[[Sequence[str]], Floats] | None = None
    encodes: bool = False

    def read(self, sentences: Sequence[str], encoded: Floats) -> tuple[Floats, Floats]:
        """Return what the heads and what the gate read; `encoded` is what the encoder says of the sentences."""
        scores = self.scores(sentences) if self.scores else np.zeros(0, dtype=np.float32)
        if self.strengths is None:
            return scores / 2, scores / 2
        features = letter_features(self.strengths(sentences, encoded), scores)
        return features, letter_features(self.gate(sentences), scores) if self.gate else features


def whole_letters(letters: Letters) -> Design:
    """Fit (a): a logistic regression for each label on one bag of n-grams a letter."""
    texts = [" ".join(letter.sentences) for letter in letters]
    words = Vocabulary.fit((word_terms(tokenize(text)) for text in texts), min_count=fit.MIN_WORD_COUNT)
    chars = Vocabulary.fit((char_terms(tokenize(text)) for text in texts), min_count=fit.MIN_CHAR_COUNT)
    matrix = ngram_matrix(words, chars, texts)
    targets = np.stack([letter_targets(letter.example) for letter in letters])
    weights, bias = np.zeros((matrix.shape[1], targets.shape[1]), "f4"), np.zeros(targets.shape[1], "f4")
    for column, target in enumerate(targets.T):
        known = target != UNKNOWN
        if len(np.unique(target[known])) == 2:
            fitted = fit._logistic(matrix[known], target[known], strength=fit.LETTER_C, balanced=True)
            weights[:, column], bias[column] = fitted
    signals = Signals(words, chars, (weights, bias), (weights[:0], bias[:0]))
    return Design(stored_size(signals), lambda s: signals.ngram_strengths([" ".join(s)])[0])


class WordVectors:
    """What the encoder makes of each word alone, in few dimensions; a sentence is the mean of its words."""

    def __init__(self, letters: Letters, encoder: Encoder) -> None:
        tokens = [tokenize(sentence) for letter in letters for sentence in letter.sentences]
        self._words = Vocabulary.fit(tokens, min_count=fit.MIN_WORD_COUNT)
        pieces = [encoder.tokenize(word) for word in self._words.terms]
        # what comes out is the mean of the hidden states, in place of the cues
        encoder._cues = np.eye(WIDTH, dtype=np.float32), np.zeros(WIDTH, dtype=np.float32)
        hidden = np.concatenate([encoder._forward(pieces[start : start + 64]) for start in range(0, len(pieces), 64)])
        self.vectors = PCA(DIMENSIONS, random_state=0).fit_transform(hidden).astype(np.float32)

    def of(self, sentences: Sequence[str]) -> Floats:
        """Return the mean vector of each sentence, weighted by TF-IDF, of unit length as the other columns are."""
        means = self._words.rows(map(tokenize, sentences)).dot(self.vectors)
        return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6))


def cues_and_vectors(letters: Letters, base: Signals, vectors: WordVectors) -> Design:
    """Fit (c): the same cues on n-grams and word vectors together."""
    sentences, targets, owners = instances(letters)
    matrix = csr_matrix(hstack([ngram_matrix(base.words, base.chars, sentences), vectors.of(sentences)]))
    fitted = [fit._fit_cue(matrix, target, owners) for target in targets.T]
    weights, bias = np.stack([weight for weight, _ in fitted], axis=1), np.array([bias for _, bias in fitted], "f4")
    ngrams, added = weights[:-DIMENSIONS], weights[-DIMENSIONS:]
    signals = Signals(base.words, base.chars, (ngrams, bias), base.letters)
    size = stored_size(signals) + 2 * (vectors.vectors.size + added.size)
    return Design(size, signals.letter_scores, lambda s, _: signals.ngram_strengths(s) + vectors.of(s) @ added)


def textcat(letters: Letters) -> Design:
    """Fit (d): spaCy's bag of words of the whole letter, every label at once."""
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    bag = {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": False, "ngram_size": 1}
    nlp.add_pipe("textcat_multilabel", config={"model": {**bag, "no_output_layer": False}})
    labels = [f"{head} {number}" for head, count in HEADS.items() for number in range(count)]
    examples = []
    for letter in letters:
        targets = zip(labels, map(float, letter_targets(letter.example)), strict=True)
        known = {label: target for label, target in targets if target != UNKNOWN}
        examples.append(Training.from_dict(nlp.make_doc(" ".join(letter.sentences)), {"cats": known}))
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(EPOCHS):
        random.shuffle(examples)
        for batch in spacy.util.minibatch(examples, 32):
            nlp.update(batch, sgd=optimizer)

    def scores(sentences: Sequence[str]) -> Floats:
        cats = nlp(" ".join(sentences)).cats
        p = np.clip([cats[label] for label in labels], 1e-4, 1 - 1e-4)
        return np.log(p / (1 - p)).astype(np.float32)

    return Design(len(nlp.to_bytes(exclude=["vocab"])), scores)


def ngram_matrix(words: Vocabulary, chars: Vocabulary, texts: Sequence[str]) -> csr_matrix:
    """Return the TF-IDF columns of texts, as the program's signals see them."""
    tokens = list(map(tokenize, texts))
    return fit._matrix(words.rows(map(word_terms, tokens)), len(words), chars.rows(map(char_terms, tokens)), len(chars))


def stored_size(signals: Signals) -> int:
    """Return the bytes of signals as the program stores them: terms as text, their idf in 32 bits, weights in 16."""
    terms = sum(len(term) + 5 for term in [*signals.words.terms, *signals.chars.terms])
    return terms + 2 * (signals.cues[0].size + signals.letters[0].size)


def learn(letters: Letters, unseen: Texts, vectors: WordVectors) -> dict[str, Any]:
    """Fit every design on `letters`; return what each makes of the unseen ones, and what that costs."""
    written = [letter for letter in letters if not letter.example.composed]
    signals = fit.fit_signals(letters)
    ngrams, scores, size = signals.ngram_strengths, signals.letter_scores, stored_size(signals)
    designs = {
        "(a) whole letters, TF-IDF": whole_letters(written),
        BASE: Design(size, scores, lambda s, _: ngrams(s)),
        "(c) n-grams and word vectors": cues_and_vectors(letters, signals, vectors),
        "(d) spaCy's textcat": textcat(written),
        "(e) encoder alone": Design(0, None, lambda _, encoded: encoded, encodes=True),
        SERVED: Design(size, scores, lambda s, encoded: sum_of_views(ngrams(s), encoded), ngrams, encodes=True),
    }
    read = {name: zip(*(design.read(*letter) for letter in unseen), strict=True) for name, design in designs.items()}
    return {name: (*map(np.stack, read[name]), cost(design, unseen)) for name, design in designs.items()}


def cost(design: Design, letters: Texts) -> dict[str, float]:
    """Return letters a second of processor time, from sentences to what the heads read, and megabytes."""
    encoder, letters = Encoder.load(), letters[:TIMED]
    start = time.process_time()
    for sentences, encoded in letters:
        design.read(sentences, encoder.strengths(sentences) if design.encodes else encoded)
    speed = len(letters) / (time.process_time() - start)
    size = design.size + design.encodes * (ROOT / "models" / "encoder" / ENCODER).stat().st_size
    return {"letters_per_s": round(speed, 1), "megabytes": round(size / 1e6, 1)}


def judge(letters: Letters, own: list[Floats], others: Letters, numbers: tuple[Floats, Floats]) -> pd.DataFrame:
    """Return what one design answers, first for `letters`, by heads that have not seen the voices they answer for."""
    frames = []
    written = np.array([not letter.example.composed for letter in letters])
    with threadpool_limits(1):  # many small products: more threads only wait for each other
        for fold in encoder_folds(letters):
            heads = fit_heads(list(compress(letters, ~fold)), *(part[~fold] for part in own))
            mine = fold & written
            frames.append(answer(list(compress(letters, mine)), *(part[mine] for part in own), *heads))
        frames.append(answer(others, *numbers, *fit_heads(letters, *own)))
    return pd.concat(frames, ignore_index=True)


def compare(letters: Letters, unseen: Mapping[str, Letters], *, jobs: int) -> list[dict]:
    """Return figures for every design and set: the voices of `letters`, left out in turn, and each of `unseen`."""
    encoder = Encoder.load()
    others = [letter for part in unseen.values() for letter in part]
    own = list(zip((letter.sentences for letter in letters), fit.encode(letters, encoder), strict=True))
    folds = encoder_folds(letters)
    tasks = [(list(compress(letters, ~fold)), list(compress(own, fold))) for fold in folds]
    tasks.insert(0, (list(letters), [(letter.sentences, encoder.strengths(letter.sentences)) for letter in others]))
    vectors = WordVectors(letters, encoder)
    whole, *parts = Parallel(n_jobs=jobs)(delayed(learn)(*task, vectors) for task in tasks)
    place = np.argsort(np.concatenate([where(fold) for fold in folds]))
    asked = {name: [np.concatenate([part[name][n] for part in parts])[place] for n in (0, 1)] for name in whole}
    judged = Parallel(n_jobs=jobs)(delayed(judge)(letters, asked[name], others, whole[name][:2]) for name in whole)
    sets = [LEFT_OUT] * (len(judged[0]) - len(others)) + [name for name, part in unseen.items() for _ in part]
    parted = {name: dict(list(frame.groupby(sets))) for name, frame in zip(whole, judged, strict=True)}
    return [
        {"set": part, "design": name, **figures(parted[name][part], parted[BASE][part]), **whole[name][2]}
        for part in (LEFT_OUT, *unseen)
        for name in whole
    ]


def answer(letters: Letters, features: Floats, at_gate: Floats, arrays: Any, least: Any) -> pd.DataFrame:  # noqa: ANN401
    """Return a row a letter, truth and answer, by gate, heads and thresholds as `classify` has them."""

    def score(head: str, numbers: Floats) -> Floats:
        return head_scores(head_layers(arrays, head), numbers)

    gate, kinds = softmax(score(GATE, at_gate)), softmax(score("kind", features))
    kinds = np.where(gate[:, [REJECTION]] < least["gate"], gate, kinds)
    shown = sigmoid(score("reasons", features)) >= [least["reasons"][reason] for reason in Reason]
    first = np.where(shown.any(axis=1), shown.argmax(axis=1), len(Reason))
    examples = [letter.example for letter in letters]
    real = np.array([example.kind is Kind.REJECTION for example in examples])
    frame = pd.DataFrame({"rejection": real.astype(object), "called": kinds[:, REJECTION] >= least["rejection"]})
    frame["reason"] = np.where(real, [example.reason or NO_SIGNAL for example in examples], None)
    frame["predicted_reason"] = np.where(frame["called"], np.array([*Reason, NO_SIGNAL])[first], "missed")
    for field, scheme in (("stage", Stage), ("vacancy", Vacancy)):
        truth = np.array([getattr(example, field) or "" for example in examples])
        right = np.array(list(scheme))[score(field, features).argmax(axis=1)] == truth
        frame[field] = np.where(frame["called"] & real & (truth != ""), right, np.nan)
    for field, column in (("kind", "rejection"), ("reasons", "reason"), ("stage", "stage"), ("vacancy", "vacancy")):
        frame.loc[[field in example.disputed for example in examples], column] = None
    return frame


def figures(frame: pd.DataFrame, base: pd.DataFrame) -> dict[str, Any]:
    """Return the figures of one design on one set, and what it gains over the base on the same letters."""
    reasons = frame.assign(base=base["predicted_reason"])[frame["reason"].notna()]
    counts = reasons["reason"].value_counts()
    classes = [label for label in (*Reason, NO_SIGNAL) if counts.get(label, 0) >= MIN_SUPPORT]
    macro = _figure(reasons, lambda f: _macro_f1(f, classes))
    gain = _figure(reasons, lambda f: _macro_f1(f, classes) - _macro_f1(f.assign(predicted_reason=f["base"]), classes))
    called = frame.groupby("rejection")["called"].mean()
    silent = reasons.loc[reasons["reason"] == NO_SIGNAL, "predicted_reason"].isin([*Reason])
    shares = {"rejections_found": called.get(True), "false_alarms": called.get(False), "false_reasons": silent.mean()}
    shares |= {"stage": frame["stage"].mean(), "vacancy": frame["vacancy"].mean()}
    intervals = {"macro_f1": [macro.value, macro.low, macro.high], "gain": [gain.value, gain.low, gain.high]}
    known = {name: None if pd.isna(share) else round(float(share), 4) for name, share in shares.items()}
    return {"letters": len(frame), **intervals, **known}


def run(files: Sequence[Path] = (), *, every: int = 1, jobs: int = 2) -> list[dict[str, Any]]:
    """Compare on the bundled corpus, or one letter in `every` of it, and on labelled files."""
    examples = read_corpus([bundled_letters()])
    held_out = held_out_groups()
    training = [example for example in examples if example.group not in held_out][::every]
    test = [example for example in examples if example.group in held_out][::every]
    parts = {TEST: test, **{path.stem: read_corpus([path]) for path in files}}
    letters = [*map(prepare, training), *compose(read_sentences(bundled_sentences())[::every])]
    return compare(letters, {name: [prepare(e) for e in part] for name, part in parts.items()}, jobs=jobs)


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the table as people read it."""
    shown = pd.DataFrame(rows)
    for name in ("macro_f1", "gain"):
        shown[name] = ["{:.3f} [{:.3f}, {:.3f}]".format(*values) for values in shown[name]]
    lines = [shown.columns, ["---"] * shown.shape[1], *shown.to_numpy()]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def main() -> None:
    """Compare, write the table and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="labelled letters, as `analyzer evaluate` reads them")
    parser.add_argument("--small", action="store_true", help="a part of the corpus, to see that it runs; write nothing")
    arguments = parser.parse_args()
    rows = run(arguments.files, every=SMALL if arguments.small else 1)
    if not arguments.small:
        TABLE.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    print(markdown(rows))


if __name__ == "__main__":
    main()
