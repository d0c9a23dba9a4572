"""The job that takes the newest seal of the history out of the database."""

from pathlib import Path
from typing import Final

import dagster as dg

from pipelines.channels.setup import Outbound
from pipelines.conventions import Lane, lane_tags
from pipelines.resources import Warehouse

LONGEST_RUN_SECONDS: Final = 600


@dg.op(description="Seals, verifies against every head exported before, keeps and mails the head.")
def send_head_out(context: dg.OpExecutionContext, warehouse: Warehouse, outbound: Outbound) -> None:
    """Take the head out, or say what was tampered with."""
    from pipelines.audit_heads import HeadsFile
    from pipelines.head_export import HistoryBroken, export_head
    from pipelines.settings import read_settings

    heads = HeadsFile(Path(read_settings().audit_heads_file))
    try:
        done = export_head(warehouse, heads, outbound.post())
    except HistoryBroken as broken:
        raise dg.Failure(str(broken), allow_retries=False) from broken
    context.log.info(done.finding)
    if done.head:
        context.log_event(
            dg.AssetMaterialization(
                ["audit", "seal"],
                description=done.finding,
                metadata={
                    "seal_number": done.head.seal_number,
                    "hash": done.head.hash,
                    "kept_in": dg.MetadataValue.path(str(heads.path)),
                    "mailed_to": done.mail_count,
                },
            )
        )


@dg.job(
    description="Seal and verify the history; keep its head outside the database and mail it.",
    tags=lane_tags(Lane.OPS) | {"dagster/max_runtime": str(LONGEST_RUN_SECONDS)},
    executor_def=dg.in_process_executor,
)
def export_audit_head() -> None:
    """Take the head out."""
    send_head_out()
