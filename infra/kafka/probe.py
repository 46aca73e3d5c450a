"""Does a broker answer? Asked over a plain socket, because the supervisor loads no client."""

import socket
import struct
from typing import Final

_METADATA: Final = 3
_VERSION: Final = 2
_ASKED_BY: Final = b"ledger"
_NO_TOPICS: Final = 0
_LONGEST_ANSWER: Final = 65_536
_LENGTH: Final = struct.Struct(">i")
_HEADER: Final = struct.Struct(f">hhih{len(_ASKED_BY)}s")  # key, version, correlation, client
_COUNTS: Final = struct.Struct(">ii")  # correlation, brokers


def answers(port: int, cluster: str, seconds: float) -> bool:
    """Say whether the broker of `cluster` serves clients on this port of loopback.

    A broker that takes connections but is still fenced names no broker (Metadata, version 2);
    one of another cluster, which took the port first, is not ours.
    """
    question = _HEADER.pack(_METADATA, _VERSION, 1, len(_ASKED_BY), _ASKED_BY)
    question += _LENGTH.pack(_NO_TOPICS)
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall(_LENGTH.pack(len(question)) + question)
            with connection.makefile("rb") as answer:
                (length,) = _LENGTH.unpack(answer.read(_LENGTH.size))
                if not _COUNTS.size <= length <= _LONGEST_ANSWER:
                    return False
                content = answer.read(length)
    except (OSError, struct.error):
        return False
    _, brokers = _COUNTS.unpack_from(content.ljust(_COUNTS.size, b"\0"))
    return bool(brokers >= 1) and cluster.encode() in content
