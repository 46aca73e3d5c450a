"""The published schemas are those of today's event classes, and keep what was promised."""

from infra.schemas import ASYNCAPI
from infra.schemas.compatible import broken
from infra.schemas.making import files, made, shipped

FOLDER = ASYNCAPI.parent


def test_the_published_schemas_are_what_the_event_classes_say() -> None:
    wanted = files(made(shipped()))
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json")}
    stale = [name for name in wanted if name not in there or _text(name) != wanted[name]]
    assert stale == [], "run: make schemas"
    assert there == set(wanted)


def test_nothing_that_was_published_is_broken() -> None:
    kept = shipped()
    assert list(broken(kept, made(kept))) == []


def _text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
