"""A release comes back as it was put away, or not at all."""

import json
import os
import pickle
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io

from ml.archive import canonical
from ml.errors import (
    MlRefused,
    ReleaseOfAnotherVersion,
    ReleaseTampered,
    ReleaseUnreadable,
    ReleaseUntrusted,
)
from ml.estimate import estimate
from ml.explain import explain
from ml.features import build_features
from ml.release import Release, digest, pack_release, unpack_release
from tests.ml.conftest import World


class Trap:
    """Unpickled, it leaves a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.trace,)


def parts_of(packed: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive_of(parts: dict[str, bytes]) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


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
    trap = skops.io.dumps({"format": 4, "card": {}, "models": {}, "trap": Path("/etc/passwd")})
    with pytest.raises(ReleaseUntrusted) as refused:
        unpack_release(trap, digest(trap))
    assert any("Path" in name for name in refused.value.type_names)


def test_a_release_cut_short_is_refused_by_its_hash(packed: bytes) -> None:
    for length in (0, 1, len(packed) // 2, len(packed) - 1):
        with pytest.raises(ReleaseTampered, match="Roll back to the release before it, or train"):
            unpack_release(packed[:length], digest(packed))


@pytest.mark.parametrize(
    "broken", [b"", b"no archive", b"PK\x03\x04 cut", pickle.dumps({"format": 4})]
)
def test_what_is_no_archive_is_refused(broken: bytes) -> None:
    with pytest.raises(ReleaseUnreadable, match=r"no skops archive.*Roll back to the release"):
        unpack_release(broken, digest(broken))


def test_one_cut_short_before_it_was_hashed_is_refused(packed: bytes) -> None:
    for length in range(0, len(packed), max(1, len(packed) // 40)):
        cut = packed[:length]
        with pytest.raises(ReleaseUnreadable):
            unpack_release(cut, digest(cut))


def test_one_bit_flipped_before_it_was_hashed_is_refused_or_harmless() -> None:
    content = {"format": 4, "card": {"caveats": ["few"]}, "models": {}, "tree": np.arange(40.0)}
    small = canonical(skops.io.dumps(content), {"format": 4})
    rng = np.random.default_rng(8)
    for place in range(len(small)):
        changed = bytearray(small)
        changed[place] ^= 1 << int(rng.integers(8))
        with suppress(MlRefused):
            unpack_release(bytes(changed), digest(bytes(changed)))


def test_an_archive_without_a_schema_is_refused() -> None:
    broken = archive_of({"other.txt": b"hello"})
    with pytest.raises(ReleaseUnreadable):
        unpack_release(broken, digest(broken))


def test_a_pickle_inside_is_refused_and_never_run(packed: bytes, tmp_path: Path) -> None:
    trace = tmp_path / "it ran"
    trap = BytesIO()
    np.save(trap, np.array([Trap(trace)], dtype=object), allow_pickle=True)
    parts = parts_of(packed)
    name = next(name for name in parts if name.endswith(".npy"))
    planted = archive_of(parts | {name: trap.getvalue()})
    with pytest.raises(ReleaseUnreadable, match="its archive is damaged"):
        unpack_release(planted, digest(planted))
    assert not trace.exists()


def test_a_function_to_call_is_refused_before_it_is_called() -> None:
    trap = skops.io.dumps({"format": 4, "card": {}, "models": {}, "trap": os.system})
    with pytest.raises(ReleaseUntrusted, match="system, which no release of ours needs"):
        unpack_release(trap, digest(trap))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"format": 99}, "made with format 99, and this Stormdesk has 4"),
        ({"format": 3}, "made with format 3, and this Stormdesk has 4"),
        ({"scikit-learn": "1.2.0"}, "made with scikit-learn 1.2.0, and this Stormdesk has"),
        ({"scikit-learn": "2.9.1"}, "or train a new one"),
    ],
)
def test_one_of_another_version_is_refused_before_anything_is_built(
    packed: bytes, changed: dict[str, object], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = parts_of(packed)
    header = json.loads(parts["made_with.json"]) | changed
    other = archive_of(parts | {"made_with.json": json.dumps(header).encode()})
    monkeypatch.setattr(skops.io, "loads", None)
    with pytest.raises(ReleaseOfAnotherVersion, match=told):
        unpack_release(other, digest(other))


def test_a_patch_of_scikit_learn_is_no_other_version(packed: bytes) -> None:
    minor = ".".join(sklearn.__version__.split(".")[:2])
    parts = parts_of(packed)
    header = json.loads(parts["made_with.json"]) | {"scikit-learn": f"{minor}.99"}
    other = archive_of(parts | {"made_with.json": json.dumps(header).encode()})
    assert unpack_release(other, digest(other)).model_set.by_horizon


def test_one_packed_before_the_header_is_judged_by_its_content(packed: bytes) -> None:
    headless = {name: part for name, part in parts_of(packed).items() if "made_with" not in name}
    old = archive_of(headless)
    assert unpack_release(old, digest(old)).card == unpack_release(packed, digest(packed)).card
    foreign = {"format": 4, "card": {"libraries": {"scikit-learn": "0.1"}}, "models": {}}
    for content, told in (
        (foreign, "made with scikit-learn 0.1"),
        (foreign | {"format": 99}, "made with format 99"),
    ):
        other = skops.io.dumps(content)
        with pytest.raises(ReleaseOfAnotherVersion, match=told):
            unpack_release(other, digest(other))


@pytest.mark.parametrize(
    "content",
    [
        *([], {}, {"format": 4}, {"format": 4, "card": 7, "models": {}}),
        {"format": 4, "card": {}, "models": {"two": {}}},
        {"format": 4, "card": {}, "models": {"2": {"climatologies": {}, "champion": 7}}},
    ],
)
def test_models_of_another_shape_are_refused(content: object) -> None:
    odd = skops.io.dumps(content)
    with pytest.raises(ReleaseUnreadable, match="Nothing was loaded"):
        unpack_release(odd, digest(odd))


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
