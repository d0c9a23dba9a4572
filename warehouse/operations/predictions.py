"""Publish models, and keep what the champion saw and what it said."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.bulk.merging import Target, merge
from warehouse.bulk.staging import stage
from warehouse.errors import FeedRefused, NotFound
from warehouse.operations import audit
from warehouse.rules.permissions import require
from warehouse.schema import Base
from warehouse.schema.predictions import ModelRelease
from warehouse.vocabulary import Actor, Permission, ReleaseId

_CLAIMS = ("predicted_at", "probability", "probability_60min", "basis", "is_forecast_simulated")
_FEATURE_ROWS = Target(
    Base.metadata.tables["predictions.feature_row"],
    ("flight_id", "horizon_hours"),
    ("predicted_at", "known_at", "features"),
)
_PREDICTIONS = Target(
    Base.metadata.tables["predictions.disruption_prediction"],
    ("flight_id", "horizon_hours"),
    (*_CLAIMS, "release_id", "drivers", "controls"),
)


@dataclass(frozen=True, slots=True)
class ReleaseDraft:
    """A trained model as it is handed over: its bytes, and what there is to say about it."""

    content: bytes
    card: Mapping[str, Any]
    metrics: Mapping[str, Any]
    trained_from: datetime
    trained_until: datetime
    code_version: str


def publish_release(
    session: Session, actor: Actor, draft: ReleaseDraft, *, at: datetime
) -> ReleaseId:
    """Keep a trained model for good; the same bytes again are the same release.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who publishes. Needs `Permission.ADMINISTER`.
    draft:
        The model; it must have learnt nothing newer than `at`.
    at:
        Instant, UTC.

    Returns
    -------
    :
        The release, perhaps one published earlier.
    """
    require(actor, Permission.ADMINISTER, "publish a", "model_release")
    sha256 = hashlib.sha256(draft.content).hexdigest()
    facts = {
        "published_at": at,
        "trained_from": draft.trained_from,
        "trained_until": draft.trained_until,
        "code_version": draft.code_version,
        "card": dict(draft.card),
        "metrics": dict(draft.metrics),
        "sha256": sha256,
        "content": draft.content,
    }
    statement = insert(ModelRelease).values(facts).on_conflict_do_nothing()
    release_id = session.scalar(statement.returning(ModelRelease.release_id))
    if release_id is None:
        published = select(ModelRelease.release_id).where(ModelRelease.sha256 == sha256)
        return ReleaseId(session.scalars(published).one())
    audit.record(
        session,
        actor,
        AuditTag.RELEASE_PUBLISHED,
        "model_release",
        release_id,
        at=at,
        after={"sha256": sha256, "trained_until": draft.trained_until.isoformat()},
    )
    return ReleaseId(release_id)


@dataclass(frozen=True, slots=True)
class StoredRows:
    """What became of a frame: how many rows it had, and how many were new or different."""

    received: int
    written: int


def store_feature_rows(
    session: Session,
    actor: Actor,
    rows: pd.DataFrame,
    *,
    at: datetime,
    optional: Sequence[str] = (),
) -> StoredRows:
    """Keep what was known of each flight when it was predicted; repeating changes nothing.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who stores. Needs `Permission.ADMINISTER`.
    rows:
        flight_id, horizon_hours, predicted_at, known_at and any further columns: numbers, words
        and instants, kept together as one document. One row per flight and horizon.
    at:
        Instant, UTC, for the audit entry.
    optional:
        Columns that are left out of a row's document where they are missing.

    Returns
    -------
    :
        Rows received and rows that were new or different.

    Raises
    ------
    FeedRefused
        A row was known only after predicted_at; Postgres would refuse it too.
    """
    require(actor, Permission.ADMINISTER, "store", "feature_rows")
    late = rows["known_at"] > rows["predicted_at"]
    if late.any():
        flight_id = rows.loc[late, "flight_id"].iloc[0]
        raise FeedRefused(
            f"{late.sum()} feature rows saw the future, for example flight {flight_id}'s: "
            "known_at lies after predicted_at. None was kept."
        )
    keys = [*_FEATURE_ROWS.key, "predicted_at", "known_at"]
    frame = rows[keys].assign(features=_documents(rows.drop(columns=keys), optional))
    return _store(session, actor, _FEATURE_ROWS, frame, at=at)


def store_predictions(
    session: Session, actor: Actor, rows: pd.DataFrame, *, release_id: ReleaseId, at: datetime
) -> StoredRows:
    """Keep what a release said of each flight; repeating changes nothing.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who stores. Needs `Permission.ADMINISTER`.
    rows:
        flight_id, horizon_hours, predicted_at, probability and probability_60min in [0, 1], basis,
        is_forecast_simulated, drivers (lists) and controls (dicts). One row per flight and horizon.
    release_id:
        The release that speaks.
    at:
        Instant, UTC, for the audit entry.

    Returns
    -------
    :
        Rows received and rows that were new or different.

    Raises
    ------
    NotFound
        No release has this id.
    FeedRefused
        The release learnt from days after some of these predictions: it would be hindsight.
    """
    require(actor, Permission.ADMINISTER, "store predictions of", "model_release", release_id)
    trained_until = session.scalar(
        select(ModelRelease.trained_until).where(ModelRelease.release_id == release_id)
    )
    if trained_until is None:
        raise NotFound("model release", release_id)
    if (rows["predicted_at"] < trained_until).any():
        raise FeedRefused(
            f"Release {release_id} learnt until {trained_until.isoformat()}, later than some of "
            "these predictions: train one on what was known before. None was kept."
        )
    frame = rows[[*_PREDICTIONS.key, *_CLAIMS]].assign(
        release_id=release_id,
        drivers=[json.dumps(each) for each in rows["drivers"]],
        controls=[json.dumps(each) for each in rows["controls"]],
    )
    return _store(session, actor, _PREDICTIONS, frame, at=at)


def _store(
    session: Session, actor: Actor, target: Target, frame: pd.DataFrame, *, at: datetime
) -> StoredRows:
    if frame.empty:
        return StoredRows(0, 0)
    staged = stage(session, target.table.name, frame, _columns(target))
    written = merge(session, target, staged)
    audit.record(
        session,
        actor,
        AuditTag.PREDICTIONS_STORED,
        target.table.name,
        None,
        at=at,
        after={"received": len(frame), "written": written, "sha256": staged.sha256},
    )
    return StoredRows(len(frame), written)


def _columns(target: Target) -> Sequence[Column[Any]]:
    return [target.table.c[name] for name in (*target.key, *target.payload)]


def _documents(values: pd.DataFrame, optional: Sequence[str]) -> list[str]:
    """Write each row as JSON: numbers in full, instants as ISO 8601, what is missing as null."""
    there = [name for name in optional if name in values and values[name].notna().any()]
    names = [name for name in values if name not in optional]
    documents = _records(values[names])
    if there:
        given = [{k: v for k, v in row.items() if v is not None} for row in _records(values[there])]
        documents = [row | some for row, some in zip(documents, given, strict=True)]
    return [json.dumps(document) for document in documents]


def _records(values: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in values]
    columns = [_plain(values[name]) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(column: pd.Series) -> list[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    listed = column.tolist()
    if not column.hasnans:
        return listed
    return [each if there else None for each, there in zip(listed, column.notna(), strict=True)]
