"""A few faults are seeded, and each is caught; `make mutants` seeds them all."""

import pytest

from stormdesk.embedded import EmbeddedServer
from tests.warehouse.lifecycle.catching import catch
from tests.warehouse.lifecycle.faults import FAULTS, QUICK
from tests.warehouse.lifecycle.seeding import Fault


@pytest.mark.parametrize("fault", QUICK, ids=lambda fault: fault.words)
def test_a_seeded_fault_is_caught(fault: Fault, server: EmbeddedServer, template: str) -> None:
    assert catch(fault, server, template).by is not None


def test_no_fault_is_seeded_twice() -> None:
    words = [fault.words for fault in FAULTS]
    assert len(set(words)) == len(words) >= 12
