"""The README's commands do what it says they do, in the order in which it says them."""

import re
from collections.abc import Callable
from pathlib import Path

from support.broker import settings as broker_settings
from support.readme import ROOT, examples, missing, run, wrong
from support.running import Running

README = ROOT / "README.md"


def test_the_commands_of_the_readme_print_what_it_says(
    ledger_factory: Callable[..., Running], tmp_path: Path
) -> None:
    jars = str(broker_settings(tmp_path).kafka_jars)
    told = run(README, ledger_factory("--kafka", LEDGER_KAFKA_JARS=jars), tmp_path)
    assert len(told) >= 8
    assert [said for example, output in told for said in wrong(example, output)] == []
    assert sum(len(example.stated) for example, _ in told) >= 8


def test_a_new_user_is_led_from_opening_a_ticket_to_its_past() -> None:
    commands = "\n".join(example.commands for example in examples(README))
    way = ["/v1/tickets", "/v1/queue", "/messages", "/timeline", "as_of=$BEFORE"]
    places = [commands.index(step) for step in way]
    assert places == sorted(places)
    assert "make run" in README.read_text("utf-8")


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text("utf-8"))
    assert len(links) >= 6
    for link in links:
        assert link.startswith("http") or (ROOT / link).exists(), link


def test_an_output_that_lacks_what_is_stated_is_noticed() -> None:
    stated = {"a": "…", "b": [{"c": 1}], "d": None}
    assert missing(stated, {"a": 7, "b": [{"c": 1, "x": 2}, {}], "d": None, "e": 0}) == []
    assert missing(stated, {"a": 7, "b": [], "d": None})
    assert missing(stated, {"a": 7, "b": [{"c": 2}], "d": None})
    assert missing(stated, {"b": [{"c": 1}], "d": None})
    assert missing(stated, {"a": 7, "b": [{"c": 1}]})
