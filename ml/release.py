"""Releases as bytes: models and model card in one file, loaded only if untouched and trusted."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256 as hash_sha256
from typing import Any, Final
from zipfile import BadZipFile

import pandas as pd
import sklearn
import skops.io

from ml.archive import canonical, header_of
from ml.baseline import Baseline
from ml.blend import Blend
from ml.controls import Climatology, LogisticControl
from ml.errors import ReleaseOfAnotherVersion, ReleaseTampered, ReleaseUnreadable, ReleaseUntrusted
from ml.estimate import HorizonModels, ModelSet
from ml.late_link import LateLink
from ml.targets import LATE_60

FORMAT: Final = 4
TRUSTED_TYPES: Final = frozenset({
    "functools.partial",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
})
"""The types beside plain values, arrays and scikit-learn's public ones that a release may hold."""

_DAMAGE: Final = (
    *(BadZipFile, struct.error, zlib.error, KeyError, IndexError, ValueError, TypeError),
    *(AttributeError, ImportError, RuntimeError, OverflowError, OSError, EOFError, MemoryError),
)
"""What reading damaged bytes raises: a flipped bit can name any length, type or attribute."""


@dataclass(frozen=True)
class Release:
    """Trained models with the card that tells what they are."""

    model_set: ModelSet
    #: Plain values that JSON can hold.
    card: dict[str, Any]
    #: The flights it was judged on, as `ml.judgement.JUDGED_COLUMNS` and what each kind of model
    #: said; only there right after training, as it is never packed.
    judged: pd.DataFrame | None = field(default=None, compare=False, repr=False)


def pack_release(model_set: ModelSet, card: Mapping[str, Any]) -> bytes:
    """Turn models and card into bytes that can be stored.

    Parameters
    ----------
    model_set:
        The models by horizon.
    card:
        Model card of plain values.

    Returns
    -------
    :
        A skops archive, the same bytes for the same models and card. Keep its `digest` beside it:
        `unpack_release` asks for it.
    """
    models = {str(hours): _state(models) for hours, models in model_set.by_horizon.items()}
    content = {"format": FORMAT, "card": dict(card), "models": models}
    header = {"format": FORMAT, "scikit-learn": sklearn.__version__}
    return canonical(skops.io.dumps(content), header)


def unpack_release(packed: bytes, sha256: str) -> Release:
    """Turn stored bytes back into models and card.

    Parameters
    ----------
    packed:
        What `pack_release` returned.
    sha256:
        Hexadecimal hash stored with it.

    Returns
    -------
    :
        The release; its probabilities are those of before, bit by bit.

    Raises
    ------
    ReleaseTampered
        The bytes have another hash.
    ReleaseUntrusted
        The bytes hold a type that a release never needs.
    ReleaseOfAnotherVersion
        The release has another format, or was made by another version of scikit-learn.
    ReleaseUnreadable
        The bytes are no release at all, or a damaged one.
    """
    if (actual := digest(packed)) != sha256:
        raise ReleaseTampered(sha256, actual)
    try:
        header = header_of(packed)
        unknown = set(skops.io.get_untrusted_types(data=packed)) - TRUSTED_TYPES
    except _DAMAGE as broken:
        raise ReleaseUnreadable("it is no skops archive") from broken
    _require_version(header.get("format", FORMAT), header.get("scikit-learn"))
    if unknown:
        raise ReleaseUntrusted(sorted(unknown))
    try:
        content = skops.io.loads(packed, trusted=sorted(TRUSTED_TYPES))
    except _DAMAGE as broken:
        raise ReleaseUnreadable("its archive is damaged") from broken
    return _release(content)


def _require_version(release_format: object, scikit_learn: object) -> None:
    """Refuse another format, and another scikit-learn but for its patches."""
    if release_format != FORMAT:
        raise ReleaseOfAnotherVersion("format", release_format, FORMAT)
    ours = sklearn.__version__
    if scikit_learn is not None and str(scikit_learn).split(".")[:2] != ours.split(".")[:2]:
        raise ReleaseOfAnotherVersion("scikit-learn", scikit_learn, ours)


def _release(content: Any) -> Release:
    if not isinstance(content, dict) or "format" not in content:
        raise ReleaseUnreadable("it holds something else than models and their card")
    _require_version(content["format"], None)
    try:
        card = dict(content["card"])
        _require_version(FORMAT, dict(card.get("libraries", {})).get("scikit-learn"))
        by_horizon = {int(h): _of_state(int(h), state) for h, state in content["models"].items()}
    except _DAMAGE as broken:
        raise ReleaseUnreadable("its models or card are not as they were packed") from broken
    return Release(ModelSet(by_horizon), card)


def digest(packed: bytes) -> str:
    """Hash the bytes of a release, in hexadecimal SHA-256."""
    return hash_sha256(packed).hexdigest()


def _state(models: HorizonModels) -> dict[str, Any]:
    return {
        "champion": models.champion.state() if models.champion else None,
        "late_link": models.late_link.state() if models.late_link else None,
        "climatologies": {target: model.state() for target, model in models.climatologies.items()},
        "logistic": models.logistic.state() if models.logistic else None,
        "baseline": models.baseline.state(),
    }


def _of_state(horizon_hours: int, state: dict[str, Any]) -> HorizonModels:
    climatologies = {t: Climatology.of_state(kept) for t, kept in state["climatologies"].items()}
    champion = Blend.of_state(state["champion"]) if state["champion"] else None
    return HorizonModels(
        horizon_hours=horizon_hours,
        champion=champion,
        late_link=LateLink.of_state(state["late_link"], champion, climatologies[LATE_60])
        if champion
        else None,
        climatologies=climatologies,
        logistic=LogisticControl.of_state(state["logistic"]) if state["logistic"] else None,
        baseline=Baseline.of_state(state["baseline"]),
    )
