"""Time stamps by an authority that nobody here controls (RFC 3161): asked for, checked, read.

Data that an authority stamped existed when its clock said so. Nothing that it answers is believed
before signature, imprint, nonce and time fit and its certificate leads to a root that was given.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from domain.errors import Integrity, LedgerError, Malformed, Unavailable

MAX_BYTES: Final = 65_536
"""The longest reply that is read; authorities answer about 6,000 bytes, certificates included."""

PATIENCE: Final = 10.0
"""Seconds from the question to the whole answer."""

APART: Final = 300.0
"""Seconds that the authority's clock and ours may differ."""

_LONGEST_CHAIN: Final = 8
_HEADERS: Final = {"Content-Type": "application/timestamp-query", "Accept-Encoding": "identity"}

Certificates = tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a reply says: when, and by whom (the subject of the certificate that signed it).

    `ends` is when the first certificate of its chain, as far as it is known, ends: from then on
    its key binds nobody.
    """

    reply: bytes
    time: datetime
    authority: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class Trust:
    """Certificates that are believed: roots, and others that lead to them."""

    roots: tuple[x509.Certificate, ...]
    others: tuple[x509.Certificate, ...] = ()

    @property
    def all(self) -> tuple[x509.Certificate, ...]:
        """Return them all, roots first."""
        return (*self.roots, *self.others)

    @classmethod
    def read(cls, path: Path) -> "Trust":
        """Return the certificates of a PEM file, of which those that sign themselves are roots.

        Raises Malformed when it cannot be read or has no root.
        """
        try:
            found = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError) as error:
            detail = error.strerror if isinstance(error, OSError) else "not certificates in PEM"
            raise Malformed(f"{path}: {detail}") from None
        roots = tuple(one for one in found if one.issuer == one.subject)
        if not roots:
            raise Malformed(f"{path}: no root among its certificates")
        return cls(roots, tuple(one for one in found if one not in roots))

    def check(self, reply: bytes, data: bytes, nonce: int | None = None) -> Stamp:
        """Return the stamp, if it is one of this data by an authority that leads to a root.

        Raises Malformed for what is no reply, Integrity for one that is not to be believed.
        """
        verifier = VerifierBuilder(
            roots=list(self.roots), intermediates=list(self.others), nonce=nonce
        ).build()
        with _reading():
            response = _decoded(reply)
            if not any(one in self.roots for one in _chain_of(response, self.all)):
                raise Integrity("the authority's certificate leads to no root that is believed")
            verifier.verify_message(response, data)
            return _said(reply, response, self.all)


class Authority:
    """Somebody whose clock is believed; `certificates` is a PEM file, read at every question."""

    def __init__(self, name: str, url: str, certificates: Path, patience: float = PATIENCE) -> None:
        self.name = name
        self.certificates = certificates
        self._url = url
        self._patience = patience

    def stamp(self, data: bytes, now: float) -> Stamp:
        """Ask for a stamp of SHA-256 of the data; `now` is our clock, as a POSIX time.

        Raises Unavailable when no reply comes, Malformed or Integrity for one that is not good.
        """
        trust = Trust.read(self.certificates)
        request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
        reply = asyncio.run(self._answer(request.as_bytes()))
        stamp = trust.check(reply, data, request.nonce)
        apart = abs(stamp.time.timestamp() - now)
        if apart > APART:
            raise Integrity(f"its clock and ours are {apart:.0f} s apart")
        return stamp

    async def _answer(self, request: bytes) -> bytes:
        try:
            async with (
                asyncio.timeout(self._patience),
                httpx.AsyncClient(timeout=self._patience, follow_redirects=False) as client,
                client.stream("POST", self._url, content=request, headers=_HEADERS) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise Unavailable(f"it answers {response.status_code}")
                reply = b""
                async for part in response.aiter_raw():
                    reply += part
                    if len(reply) > MAX_BYTES:
                        raise Integrity(f"it answers more than {MAX_BYTES} bytes")
                return reply
        except TimeoutError:
            raise Unavailable(f"no answer within {self._patience:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unavailable(f"it cannot be asked: {type(error).__name__}") from None


def read_stamp(reply: bytes, trusted: Iterable[Trust] = ()) -> Stamp:
    """Return what a reply says, whoever signed it; raise Malformed.

    Trusted certificates complete its chain, no more.
    """
    with _reading():
        return _said(reply, _decoded(reply), tuple(one for trust in trusted for one in trust.all))


@contextmanager
def _reading() -> Iterator[None]:
    """Make Malformed or Integrity of whatever the parsers meet: the bytes are somebody else's."""
    try:
        yield
    except LedgerError:
        raise
    except VerificationError as error:
        raise Integrity(f"the reply is not to be believed: {error}") from None
    except Exception as error:  # noqa: BLE001 - parsers of two libraries, each with its own
        name = type(error).__name__
        raise Malformed(f"no reply of a time stamp authority, in DER ({name})") from None


def _decoded(reply: bytes) -> TimeStampResponse:
    response = decode_timestamp_response(reply)
    if response.status != 0:
        raise Malformed(f"the authority refuses, with status {response.status}")
    return response


def _said(reply: bytes, response: TimeStampResponse, known: Certificates) -> Stamp:
    chain = _chain_of(response, known)
    return Stamp(
        reply=reply,
        time=response.tst_info.gen_time.astimezone(UTC),
        authority=chain[0].subject.rfc4514_string(),
        ends=min(one.not_valid_after_utc for one in chain),
    )


def _chain_of(response: TimeStampResponse, known: Certificates) -> Certificates:
    """Return the certificate that signed, and those that lead on from it, as far as they go."""
    signed = response.signed_data
    if len(signed.signer_infos) != 1:
        raise Malformed("a reply has one signature")
    (signer,) = signed.signer_infos
    return _chain(signer.issuer, signer.serial_number, frozenset(signed.certificates), known)


@lru_cache(maxsize=32)
def _chain(
    issuer: x509.Name, serial: int, sent: frozenset[bytes], known: Certificates
) -> Certificates:
    pool = (*known, *map(x509.load_der_x509_certificate, sorted(sent)))
    chain = list({one for one in pool if (one.issuer, one.serial_number) == (issuer, serial)})
    if len(chain) != 1:
        raise Malformed("the reply must hold the one certificate that signed it")
    while chain[-1].issuer != chain[-1].subject and len(chain) < _LONGEST_CHAIN:
        above = next((one for one in pool if _issued(chain[-1], one)), None)
        if above is None:
            break
        chain.append(above)
    return tuple(chain)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
