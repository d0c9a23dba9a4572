"""A release comes back as it was put away, or not at all."""

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import skops.io

from ml.errors import ReleaseTampered, ReleaseUntrusted
from ml.estimate import estimate
from ml.explain import explain
from ml.features import build_features
from ml.release import Release, digest, pack_release, unpack_release
from tests.ml.conftest import World


@pytest.fixture(scope="module")
def packed(release: Release) -> bytes:
    """The bytes of the small world's release."""
    return pack_release(release.model_set, release.card)


@pytest.fixture(scope="module", params=[2, 24])
def rows(request: pytest.FixtureRequest, world: World) -> pd.DataFrame:
    """Feature rows of the last days."""
    return build_features(
        world.flights,
        world.observations,
        world.forecasts,
        horizon_hours=request.param,
        targets=world.flights["flight_id"].iloc[-300:],
    )


def test_a_release_comes_back_bit_by_bit(
    release: Release, packed: bytes, rows: pd.DataFrame
) -> None:
    back = unpack_release(packed, digest(packed))
    pd.testing.assert_frame_equal(
        estimate(release.model_set, rows), estimate(back.model_set, rows), check_exact=True
    )
    assert explain(release.model_set, rows[:5]) == explain(back.model_set, rows[:5])
    assert back.card == release.card


def test_both_controls_come_back(release: Release, packed: bytes, rows: pd.DataFrame) -> None:
    back = unpack_release(packed, digest(packed)).model_set
    for hours in (2, 24):
        ours, theirs = release.model_set.at(hours).controls, back.at(hours).controls
        assert set(ours) == {"climatology", "logistic_regression"}
        for kind, control in ours.items():
            assert (control.probability(rows) == theirs[kind].probability(rows)).all()


def test_packing_twice_gives_the_same_bytes(release: Release, packed: bytes) -> None:
    again = unpack_release(packed, digest(packed))
    assert pack_release(release.model_set, release.card) == packed
    assert pack_release(again.model_set, again.card) == packed


def test_one_changed_byte_is_refused(packed: bytes) -> None:
    changed = bytearray(packed)
    changed[len(changed) // 2] ^= 1
    with pytest.raises(ReleaseTampered, match="changed after it was stored"):
        unpack_release(bytes(changed), digest(packed))


def test_a_foreign_type_is_refused_before_it_is_built() -> None:
    trap = skops.io.dumps({"format": 3, "card": {}, "models": {}, "trap": Path("/etc/passwd")})
    with pytest.raises(ReleaseUntrusted) as refused:
        unpack_release(trap, digest(trap))
    assert any("Path" in name for name in refused.value.type_names)


@pytest.mark.parametrize("broken", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_what_is_no_archive_is_refused(broken: bytes) -> None:
    with pytest.raises(ReleaseUntrusted, match="no skops archive"):
        unpack_release(broken, digest(broken))


def test_an_archive_without_a_schema_is_refused() -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("other.txt", "hello")
    with pytest.raises(ReleaseUntrusted):
        unpack_release(buffer.getvalue(), digest(buffer.getvalue()))


def test_another_format_is_refused() -> None:
    future = skops.io.dumps({"format": 99, "card": {}, "models": {}})
    with pytest.raises(ReleaseUntrusted, match="another format"):
        unpack_release(future, digest(future))


def test_the_card_is_plain_and_says_what_matters(release: Release) -> None:
    card = json.loads(json.dumps(release.card, allow_nan=False))
    assert card == release.card
    assert card["code_version"] == "test"
    assert any("simulated" in caveat for caveat in card["caveats"])
    for hours in ("2", "24"):
        horizon = card["horizons"][hours]
        assert set(horizon["trial"]["disrupted"]) == {
            "boosted_trees",
            "climatology",
            "logistic_regression",
        }
        figures = horizon["trial"]["disrupted"]["boosted_trees"]
        low, high = figures["intervals"]["bss"]
        assert low <= figures["figures"]["bss"] <= high
    assert np.isclose(
        card["horizons"]["2"]["trial"]["disrupted"]["climatology"]["figures"]["bss"], 0
    )
