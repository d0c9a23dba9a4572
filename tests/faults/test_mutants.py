"""Every fault on the list is seeded in turn, and has to be caught."""

from collections.abc import Iterator

import pytest
from rich.console import Console

from stormdesk.embedded import EmbeddedServer
from tests.warehouse.lifecycle.catching import Catch, catch
from tests.warehouse.lifecycle.desk import desk_in
from tests.warehouse.lifecycle.faults import FAULTS
from tests.warehouse.lifecycle.seeding import Fault, Prover

MOST_S = 1_800
ROW = "{:<66} {:<40} {:<92} {:>6}"


@pytest.fixture(scope="module")
def caught() -> Iterator[list[Catch]]:
    """Collect what was caught, and tell how many there were."""
    console, found = Console(width=220, highlight=False), list[Catch]()
    console.print("\n" + ROW.format("Fault", "Set against it", "Caught by", "s"))
    yield found
    total = sum(each.by is not None for each in found)
    console.print(f"{total} of {len(found)} seeded faults were caught.")


@pytest.mark.timeout(MOST_S)
@pytest.mark.parametrize(
    "proof",
    list({fault.proved_by.__name__: fault.proved_by for fault in FAULTS}.values()),
    ids=lambda proof: proof.__name__.replace("_", " "),
)
def test_without_a_fault_the_proof_finds_nothing(
    proof: Prover, server: EmbeddedServer, template: str
) -> None:
    with desk_in(server, template) as desk:
        proof(desk)


@pytest.mark.timeout(MOST_S)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.words)
def test_a_seeded_fault_is_caught(
    fault: Fault, server: EmbeddedServer, template: str, caught: list[Catch]
) -> None:
    found = catch(fault, server, template)
    caught.append(found)
    proof = fault.proved_by.__name__.replace("_", " ")
    row = ROW.format(fault.words, proof, found.by or "NOTHING", f"{found.seconds:.1f}")
    Console(width=220, highlight=False).print(f"\r{row}", markup=False)
    assert found.by is not None
