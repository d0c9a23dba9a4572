"""The list of proofs names every promise, and nothing that is not there."""

import ast
from pathlib import Path

from tests.warehouse.lifecycle.promises import PROMISES
from tests.warehouse.lifecycle.proofs import PROOFS

TESTS = Path(__file__).parents[2]


def test_every_promise_has_a_proof() -> None:
    assert sorted(PROOFS) == list(range(1, 26))
    assert all(PROOFS.values())


def test_every_query_stands_under_its_number() -> None:
    listed = {
        (number, name) for number, names in PROOFS.items() for name in names if "::" not in name
    }
    assert listed == {(each.number, each.name) for each in PROMISES}


def test_every_test_that_is_named_is_there() -> None:
    named = {name for names in PROOFS.values() for name in names if "::" in name}
    missing = [name for name in sorted(named) if not _is_there(*name.split("::"))]
    assert missing == []


def _is_there(file: str, test: str) -> bool:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == test for node in ast.walk(tree))
