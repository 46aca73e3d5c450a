"""In which language somebody is answered, and that nobody outside is asked."""

import socket

import pytest
from support.letters import MATTERS, QUESTIONS

from infra import languages
from infra.languages import language_of


@pytest.mark.parametrize("language", QUESTIONS)
def test_each_language_is_recognised_as_itself(language: str) -> None:
    assert language_of(QUESTIONS[language]) == language
    assert language_of(MATTERS[language]) == language


@pytest.mark.parametrize(
    ("stated", "language"),
    [
        *(("de", "de"), ("pt-BR", "pt"), ("ZH-Hans-CN, en", "zh"), ("fr; q=1", "fr")),
        *(("", "en"), ("klingon", "en"), ("../../x", "en"), (None, "en")),
    ],
)
def test_what_the_sender_states_counts_if_it_is_a_language(
    stated: str | None, language: str
) -> None:
    assert language_of(QUESTIONS["en"], stated) == language


@pytest.mark.parametrize("text", ["", "hola", "1234567890 1234567890 1234567890", "?!"])
def test_too_little_text_tells_no_language(text: str) -> None:
    assert language_of(text) == "en"


def test_nothing_is_fetched_to_tell_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_given: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    languages._detector.cache_clear()  # noqa: SLF001 - as in a new process
    assert language_of(QUESTIONS["ru"]) == "ru"
