"""The PDF's own texts: complete in each language, and each language its own."""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest

import infra.pdf
from domain.errors import Malformed
from infra.pdf.fonts import covered
from infra.pdf.wording import LANGUAGES, words

TEXTS = Path(infra.pdf.__file__).with_name("texts")
A_SENTENCE = 24
TEMPLATE = (TEXTS.parent / "timeline.typ").read_text("utf-8")


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    assert sorted(path.stem for path in TEXTS.iterdir()) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_or_empty(language: str) -> None:
    assert list(words(language)) == list(words("en"))
    assert all(words(language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_for_values_are_the_same(language: str) -> None:
    for name, text in words(language).items():
        places = re.findall(r"\{\w+\}", text)
        assert sorted(places) == sorted(re.findall(r"\{\w+\}", words("en")[name])), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_texts_of_a_language_are_equal(language: str) -> None:
    assert len(set(words(language).values())) == len(words(language))


@pytest.mark.parametrize(("one", "other"), list(combinations(LANGUAGES, 2)))
def test_no_sentence_is_the_same_in_two_languages(one: str, other: str) -> None:
    sentences = {text for text in words(one).values() if len(text) > A_SENTENCE}
    assert sentences & set(words(other).values()) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_fonts_have_every_letter_of_the_texts(language: str) -> None:
    assert all(covered(letter) for text in words(language).values() for letter in text)


def test_the_page_uses_only_texts_that_there_are() -> None:
    used = set(re.findall(r"words\.(\w+?)\b(?!\()", TEMPLATE))
    assert used <= words("en").keys()


def test_files_name_no_text_twice() -> None:
    for path in TEXTS.iterdir():
        pairs = json.loads(path.read_bytes(), object_pairs_hook=list)
        assert len(pairs) == len(dict(pairs))


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(Malformed, match="only in en"):
        words("eo")
