"""The proofs that another project's verifiers accept and refuse, ours accept and refuse too."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from domain.errors import Integrity
from domain.merkle import check_consistency, check_inclusion

VECTORS = Path(__file__).parents[1] / "fixtures/merkle"


def vectors(kind: str) -> list[Any]:
    return [
        pytest.param(v, id=v["file"]) for v in json.loads((VECTORS / f"{kind}.json").read_text())
    ]


def raw(text: str | None) -> bytes:
    return b64decode(text or "")


def proof(vector: dict[str, Any]) -> list[bytes]:
    return [raw(step) for step in vector["proof"] or []]


def accepts(check: Any, *arguments: object) -> bool:
    try:
        check(*arguments)
    except Integrity:
        return False
    return True


@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_an_inclusion_proof_is_judged_as_elsewhere(vector: dict[str, Any]) -> None:
    accepted = accepts(
        check_inclusion,
        raw(vector["leafHash"]),
        vector["leafIdx"],
        vector["treeSize"],
        proof(vector),
        raw(vector["root"]),
    )
    assert accepted is not vector["wantErr"]


@pytest.mark.parametrize("vector", vectors("consistency"))
def test_a_consistency_proof_is_judged_as_elsewhere(vector: dict[str, Any]) -> None:
    accepted = accepts(
        check_consistency,
        vector["size1"],
        vector["size2"],
        proof(vector),
        raw(vector["root1"]),
        raw(vector["root2"]),
    )
    assert accepted is not vector["wantErr"]


def test_the_vectors_are_many_and_mostly_to_be_refused() -> None:
    every = [v.values[0] for kind in ("inclusion", "consistency") for v in vectors(kind)]
    assert len(every) == 196
    assert sum(v["wantErr"] for v in every) > 98


def test_nothing_is_proved_about_an_empty_first_tree() -> None:
    with pytest.raises(Integrity, match="no consistency of 0"):
        check_consistency(0, 5, [], b"", bytes(32))
