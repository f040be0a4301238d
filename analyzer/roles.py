"""Letter -> where roles stand: beside "position", after "for the", before "place", and in any short phrase after an article.

People speak of "the van job" or "kennel help", in the middle of a sentence and without a capital.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.mentions import NAME_WORDS, OWN, segments
from analyzer.traits import ANCHORS, WORK, context, is_little, is_occupation, of_job, pairs

if TYPE_CHECKING:
    from analyzer.mentions import Mentions
    from analyzer.tokens import Words
    from analyzer.traits import Scene

_DETERMINERS = frozenset("the a an our for as this your to of my their one another".split())
_STOPS = frozenset("at with in and on to has is was which that here but or we i you , .".split())
_ARTICLES = frozenset("the a an our your my this that one another no any second new first".split())
_TOWARDS = frozenset("for as about need want hire hiring become make made get got without no".split())


def find_roles(scene: Scene, pool: Mentions) -> None:
    """Find what stands before "position" or "role", after "for the" or "as a", and every short phrase after an article."""
    for place, words in (("body", scene.body), ("subject", scene.subject)):
        for index, word in enumerate(words.lower):
            if word in ANCHORS:
                _beside_anchor(words, index, place, pool)
            elif word in _TOWARDS and place == "body":
                _after_preposition(words, index, pool)
            if word in _ARTICLES:
                _after_article(words, index, place, pool)
            if is_occupation(word):
                _before_occupation(words, index, place, pool)
    whole = scene.subject.text.strip()
    for text in segments(scene.subject.text):
        pool.add(text, "subject_piece", (f"whole={text == whole}",))
        pieces = text.split()
        for cut in range(1, len(pieces) if len(pieces) <= NAME_WORDS + 2 else 1):
            pool.add(" ".join(pieces[:cut]), "subject_start", ("next=" + pieces[cut].lower(),))
            pool.add(" ".join(pieces[cut:]), "subject_end", ("prev=" + pieces[cut - 1].lower(),))


def _add(words: Words, first: int, last: int, place: str, how: str, pool: Mentions) -> None:
    if last - first > 1:
        begins, ends = words.words[first], words.words[last - 1]
        if is_little(ends) or (is_little(begins) and begins.lower() != "the") or not begins[0].isalnum():
            return  # no role begins or ends like that
    told = context(words, first, last)
    told += [*pairs(words, first, last), of_job(words, last)]
    if place == "body":
        pool.add(words.between(first, last), f"{place}_{how}", told, words.starts[first], words.ends[last - 1])
    else:
        pool.add(words.between(first, last), f"{place}_{how}", told)


def _beside_anchor(words: Words, index: int, place: str, pool: Mentions) -> None:
    """Find "payroll officer" in "the payroll officer position" and in "the position of payroll officer"."""
    lower, size = words.lower, len(words)
    for start in range(max(0, index - 8), index):
        if start == 0 or lower[start - 1] in _DETERMINERS:
            _add(words, start, index, place, "anchor", pool)
    if index + 2 < size and lower[index + 1] in {"of", "as", "for", ":", "-", "\u2013"}:
        first = index + 2 + (lower[index + 2] in {"a", "an", "the"})
        for end in range(first + 1, min(first + 8, size + 1)):
            _add(words, first, end, place, "after_anchor", pool)


def _after_preposition(words: Words, index: int, pool: Mentions) -> None:
    """Find "van driver" in "you applied as a van driver, and ..."."""
    size = len(words)
    first = index + 1
    first += first < size and words.lower[first] in {"the", "a", "an", "our", "your"}
    for end in range(first + 1, min(first + 6, size + 1)):
        if end == size or not words.words[end].isalpha() or words.lower[end] in _STOPS:
            _add(words, first, end, "body", f"after_{words.lower[index]}", pool)


def _after_article(words: Words, index: int, place: str, pool: Mentions) -> None:
    """Find "van job" and "van" in "the van job went": people call a job what they like."""
    lower, size = words.lower, len(words)
    end = index + 1
    while end < size and end - index <= NAME_WORDS:
        word = lower[end]
        if word in OWN:
            end += 1
            continue
        if is_little(words.words[end]) or not word[0].isalnum():
            break
        end += 1
    for last in range(index + 2, end + 1):
        if lower[last - 1] not in OWN:
            _add(words, index + 1, last, place, f"phrase{last == end}{lower[last - 1] in WORK}", pool)


def _before_occupation(words: Words, index: int, place: str, pool: Mentions) -> None:
    """Find "kennel hand" in "we have a kennel hand now", and "head of wardrobe": words that no capital gives away."""
    lower, size = words.lower, len(words)
    ends = [index + 1]
    if index + 2 < size and lower[index + 1] in {"de", "of", "in", "to"}:  # chef de partie, head of wardrobe
        end = index + 3 + (lower[index + 2] in {"the", "our"} and index + 3 < size)
        while end < size and end - index < 6 and not is_little(words.words[end]) and lower[end][0].isalnum():
            end += 1
        ends += [index + 3, end]
    for start in range(index, max(-1, index - 4), -1):
        for end in dict.fromkeys(ends):
            _add(words, start, end, place, f"occupation{lower[start] in _STOPS}{end > index + 1}", pool)
        before = lower[start - 1] if start else ""
        if not before or before in _DETERMINERS or not (before[0].isalnum() or before in OWN or before in "-/"):
            return
