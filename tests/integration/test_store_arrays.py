"""Arrays joined from bytes are the arrays that PostgreSQL reads."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.databases import Database

from infra.arrays import (
    bytea_array,
    int_array,
    register_arrays,
    text_array,
    time_array,
    uuid_array,
)

FIRST, LAST = datetime.fromisoformat("0001-01-02"), datetime.fromisoformat("9999-12-30")
TIMES = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
SHARED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.dsn_app, autocommit=True) as opened:
        register_arrays(opened)
        yield opened


def read_back(connection: psycopg.Connection[Any], array: bytes, kind: str) -> list[Any]:
    cursor = connection.cursor(binary=True)
    row = cursor.execute(f"SELECT (%s)::{kind}[]", [array]).fetchone()
    assert row is not None
    return row[0]


@SHARED
@given(items=st.lists(st.binary()))
def test_bytes(connection: psycopg.Connection[Any], items: list[bytes]) -> None:
    assert read_back(connection, bytea_array(items), "bytea") == items


@SHARED
@given(items=st.lists(st.none() | TEXTS))
def test_texts(connection: psycopg.Connection[Any], items: list[str | None]) -> None:
    encoded = [None if item is None else item.encode() for item in items]
    assert read_back(connection, text_array(encoded), "text") == items


@SHARED
@given(items=st.lists(st.uuids()))
def test_uuids(connection: psycopg.Connection[Any], items: list[Any]) -> None:
    encoded = [item.bytes for item in items]
    assert read_back(connection, uuid_array(encoded), "uuid") == items


@SHARED
@given(items=st.lists(st.none() | st.integers(-(2**31), 2**31 - 1)))
def test_integers(connection: psycopg.Connection[Any], items: list[int | None]) -> None:
    assert read_back(connection, int_array(items), "integer") == items


@SHARED
@given(items=st.lists(st.none() | TIMES))
def test_times(connection: psycopg.Connection[Any], items: list[datetime | None]) -> None:
    assert read_back(connection, time_array(items), "timestamptz") == items
