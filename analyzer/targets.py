"""Labelled letters -> what each sentence and each letter should show, and folds that keep voices together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from analyzer.classify import CUES
from analyzer.clean import clean
from analyzer.corpus import Example, Sentence, find_quote
from analyzer.reasons import Cue, Kind, Reason, Stage, Vacancy
from analyzer.records import Cleaned, Letter
from analyzer.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

FOLDS = 6
ENCODER_FOLDS = 3
"""Encoders are dear to train: each sees two thirds of the voices and scores the last third."""

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


def instances(letters: Sequence[Prepared]) -> tuple[list[str], NDArray[np.int8], NDArray[np.int64]]:
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


def letter_targets(example: Example) -> NDArray[np.int8]:
    """Return 1, 0 or UNKNOWN for every output of the heads, in their order."""
    rejection = example.kind is Kind.REJECTION
    asked: list[bool | None] = [example.kind is kind for kind in Kind]
    asked += [reason in example.reasons if rejection else None for reason in Reason]
    asked += [example.stage is stage if example.stage else None for stage in Stage]
    asked += [example.vacancy is vacancy if example.vacancy else None for vacancy in Vacancy]
    asked += [example.ineligible if rejection else None]
    return np.array([UNKNOWN if answer is None else int(answer) for answer in asked], dtype=np.int8)


def letter_weights(letters: Sequence[Prepared]) -> Floats:
    """Return how much each letter counts where whole letters are learnt from."""
    return np.array([COMPOSED_WEIGHT if letter.example.composed else 1 for letter in letters], dtype=np.float32)


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


def encoder_folds(letters: Sequence[Prepared]) -> list[Mask]:
    """Return the folds in which the encoder is trained; the same for the same letters."""
    return group_folds([letter.example.group for letter in letters], ENCODER_FOLDS)


def sentence_keys(sentences: Sequence[str]) -> NDArray[np.uint64]:
    """Return what the stored strengths of a sentence are found by: 64 bits of a hash of its text."""
    hashes = [blake2b(sentence.encode("utf-8", "replace"), digest_size=8).digest() for sentence in sentences]
    return np.frombuffer(b"".join(hashes), dtype="<u8")


def where(mask: Mask) -> list[int]:
    """Return the places where a mask holds, as plain numbers."""
    return [int(number) for number in np.flatnonzero(mask)]
