"""Making the published schemas anew: what is new is written, what would break one is refused."""

import json
import shutil
from pathlib import Path

import pytest

from infra import schemas
from infra.schemas.__main__ import main

NAME = "MessagePosted.1.json"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    shutil.copy(schemas.ASYNCAPI, tmp_path)
    shutil.copytree(schemas.EVENTS, tmp_path / "events")
    return tmp_path / "events"


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.rglob("*.json")}


def test_a_type_without_a_schema_gets_one(events: Path) -> None:
    published = texts(events.parent)
    (events / NAME).unlink()
    (events.parent / "asyncapi.json").unlink()
    assert main(events) == 0
    assert texts(events.parent) == published


def test_a_form_that_would_break_a_published_one_is_refused_and_nothing_is_written(
    events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promised = json.loads((events / NAME).read_text("utf-8"))
    promised["properties"]["data"]["properties"]["side"]["enum"].append("third_party")
    (events / NAME).write_text(json.dumps(promised), "utf-8")
    (events / "TicketOpened.1.json").unlink()
    before = texts(events.parent)
    assert main(events) == 1
    assert texts(events.parent) == before
    told = capsys.readouterr().err
    assert "MessagePosted.1.data.side: the word third_party is gone" in told
    assert "TYPE_VERSION" in told
