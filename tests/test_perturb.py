"""What a person would not notice does not change the answer."""

from __future__ import annotations

from datetime import date

import pytest

from analyzer.pipeline import Analyzer
from scripts import perturb

FLIPS = 0.02
EVERY = 5


@pytest.fixture(scope="module")
def flips():
    analyzer = Analyzer.load(today=date(2026, 3, 2))
    examples = perturb.letters_to_change(EVERY)
    return len(examples), perturb.flips(analyzer, examples, {**perturb.UNNOTICED, "nothing left": lambda _, __: "Hi."})


@pytest.mark.parametrize("change", perturb.UNNOTICED)
def test_what_nobody_notices_hardly_ever_flips_an_answer(flips, change):
    count, found = flips
    assert len(found[change]) <= FLIPS * count, found[change]


def test_a_flip_would_be_seen(flips):
    count, found = flips
    assert len(found["nothing left"]) > count / 2
