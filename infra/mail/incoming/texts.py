"""Texts of mail: bytes in whatever charset, and HTML, as plain text; each in linear time."""

import codecs
import html
import re
from typing import Final

_KNOWN: Final = re.compile(
    r"ascii|utf-(?:7|8|16|32)(?:-[bl]e)?|iso(?:8859|2022)[-_]\w+|cp\d+|koi8-\w|mac[-_]\w+|gb2312|gbk"
    r"|gb18030|big5(?:hkscs)?|hz|euc_\w+|shift_jis\w*|johab|tis-620|utf_8_sig|utf-8-sig"
)
"""Codecs of charsets. Others, such as punycode, take quadratic time or are none of mail's."""

_GUESSES: Final = ("utf-8", "cp1252", "latin-1")
_NAME: Final = re.compile(r"/?([A-Za-z][A-Za-z0-9]{0,20})")
_BREAKS: Final = frozenset(
    {
        *("p", "div", "br", "tr", "li", "ul", "ol", "table", "blockquote", "pre", "hr", "section"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "article", "header", "footer"),
    }
)
_HIDDEN: Final = frozenset({"script", "style", "head", "title", "template"})
_BLANKS: Final = re.compile(r"[^\S\n]+")
_LINES: Final = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Return a text that can be kept: no U+0000, no lone surrogates, line feeds alone."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")


def raw_text(value: str) -> str:
    """Return a header's text as it came: bytes beyond ASCII are UTF-8, else Latin-1."""
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return clean(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return clean(raw.decode("latin-1"))


def decoded(raw: bytes, charset: str | None) -> str:
    """Return the text of bytes; an unknown or wrong charset loses no more than its characters."""
    codec = _codec(charset)
    if codec is not None:
        return clean(raw.decode(codec, "replace"))
    for guess in _GUESSES:
        try:
            return clean(raw.decode(guess))
        except UnicodeDecodeError:
            continue
    return clean(raw.decode("ascii", "replace"))


def _codec(charset: str | None) -> str | None:
    try:
        name = codecs.lookup((charset or "")[:40]).name
    except (LookupError, ValueError):
        return None
    # What claims to be ASCII and is not is guessed.
    return name if name != "ascii" and _KNOWN.fullmatch(name) else None


def text_of_html(markup: str) -> str:
    """Return what HTML says as plain text.

    A scanner of its own: the standard library's parser takes quadratic time for open markup.
    """
    first, *pieces = " ".join(markup.split("\n")).split("<")
    scanner = _Scanner([first])
    for piece in pieces:
        scanner.take(piece)
    return _tidied("".join(scanner.out))


class _Scanner:
    """Takes what stands behind each `<`, up to the next one."""

    def __init__(self, out: list[str]) -> None:
        self.out = out
        self._hidden: str | None = None
        self._in_comment = False

    def take(self, piece: str) -> None:
        """Add what a piece says to the text."""
        if self._in_comment or piece.startswith("!--"):
            _, ended, after = piece.partition("-->")
            self._in_comment = not ended
            self._say(after)
            return
        found = _NAME.match(piece)
        if found is None:
            self._say(piece.partition(">")[2] if piece[:1] in {"!", "?"} else f"<{piece}")
            return
        name, closes = found[1].lower(), piece.startswith("/")
        if self._hidden is None and name in _HIDDEN and not closes:
            self._hidden = name
        elif name == "body" or (closes and name == self._hidden):
            self._hidden = None
        self._say(f"{chr(10) if name in _BREAKS else ''}{piece.partition('>')[2]}")

    def _say(self, text: str) -> None:
        if self._hidden is None:
            self.out.append(text)


def _tidied(text: str) -> str:
    lines = _BLANKS.sub(" ", html.unescape(text)).split("\n")
    return clean(_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip())
