"""A bag's own texts: complete in each language, each language its own, all of them printable."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import projections.exporting
from domain.dispute.vocabulary import ClaimRule, DisputeKind
from domain.errors import Malformed
from domain.identity.answer import Unclear
from domain.values import Actor, ActorKind
from infra.ids import new_id
from infra.pdf import LANGUAGES
from infra.pdf.fonts import covered
from projections.exporting.wanted import Wanted
from projections.exporting.words import certificate, language_of, readme, said

TEXTS = Path(projections.exporting.__file__).with_name("texts")
A_SENTENCE = 24
WANTED = Wanted(
    chain="C-1",
    position=7,
    bag=new_id(),
    by=Actor(ActorKind.SYSTEM, new_id(), None),
    at=datetime(2026, 3, 1, tzinfo=UTC),
    recipient="The court",
    basis="court_order",
    words=None,
    withhold=frozenset(),
    zone=ZoneInfo("Asia/Tashkent"),
)


def places(text: str) -> list[str]:
    return sorted(set(re.findall(r"\{\w*\}", text)))


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    assert sorted(path.stem for path in TEXTS.iterdir()) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_places_for_the_same_values(language: str) -> None:
    assert list(said(language)) == list(said("en"))
    for name, text in said(language).items():
        assert text.strip() == text != ""
        assert places(text) == places(said("en")[name]), name


@pytest.mark.parametrize(("one", "other"), list(combinations(LANGUAGES, 2)))
def test_no_sentence_is_the_same_in_two_languages(one: str, other: str) -> None:
    sentences = {text for text in said(one).values() if len(text) > A_SENTENCE}
    assert sentences & set(said(other).values()) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_fonts_have_every_letter_of_the_texts(language: str) -> None:
    assert all(covered(letter) for text in said(language).values() for letter in text)


def test_every_word_of_a_dispute_has_a_text() -> None:
    names = {f"rule_{one.value}" for one in ClaimRule} | {
        f"kind_{one.value}" for one in DisputeKind
    }
    assert names | {f"unclear_{one.value}" for one in Unclear} <= said("en").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_readme_and_a_certificate_speak_the_language(language: str) -> None:
    text = readme(WANTED, language, "log.example.net/1", ("C-1",), 1234).decode()
    assert all(
        one in text for one in ("log.example.net/1", "contract C-1", "1234", "Asia/Tashkent")
    )
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "python3 -I -S verify.py" in text
    assert ("README.txt" in text) == (language != "en")
    named = replace(WANTED, custodian="Anna Schmidt")
    signed = certificate(named, language, "log.example.net/1", ("C-1",), "2026-03-01").decode()
    assert f"{said(language)['certificate_name']}: Anna Schmidt\n" in signed
    assert str(WANTED.bag) in signed
    unnamed = certificate(WANTED, language, "log.example.net/1", ("C-1",), "2026-03-01").decode()
    assert f"{said(language)['certificate_name']}: ____" in unnamed


@pytest.mark.parametrize(
    ("asked", "contract", "found"),
    [
        (None, "ru", "ru"),
        (None, "pt-BR", "pt"),
        (None, "nl", "en"),
        (None, None, "en"),
        ("zh", "ru", "zh"),
    ],
)
def test_a_bag_speaks_the_language_asked_for_or_that_of_the_contract(
    asked: str | None, contract: str | None, found: str
) -> None:
    assert language_of(asked, contract) == found


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(Malformed, match="only in en"):
        said("eo")
