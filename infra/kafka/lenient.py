"""Reading records whose header names are no UTF-8, which anybody who may write can send.

kafka-python 3.0.12 raises at such a record, again at every poll: what follows in its partition
would never be read.
"""

from typing import Any


class _Lenient(bytearray):
    """Bytes whose pieces can be read as text, whatever they are."""

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return _Lenient(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", _errors: str = "strict") -> str:
        """Return the text, with a number in place of each byte that is none of it."""
        return super().decode(encoding, "backslashreplace")


def read_any_names(batch: Any) -> None:
    """Let a class of record batches read each record's header names as far as they can be read."""
    strict = batch._read_msg  # noqa: SLF001 - there is no other place

    def read(self: Any) -> Any:
        at = self._pos
        try:
            return strict(self)
        except UnicodeDecodeError:
            self._pos, self._buffer = at, _Lenient(self._buffer)
            return strict(self)

    batch._read_msg = read  # noqa: SLF001
