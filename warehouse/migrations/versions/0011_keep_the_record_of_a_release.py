"""Keep how a release's way of learning told the months of its history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rolling_origin",
        sa.Column("rolling_origin_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("record", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("record ? 'horizons'", name=op.f("ck_rolling_origin_has_horizons")),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["predictions.model_release.release_id"],
            name=op.f("fk_rolling_origin_release_id"),
        ),
        sa.PrimaryKeyConstraint("rolling_origin_id", name=op.f("pk_rolling_origin")),
        schema="predictions",
        comment="How a release's way of learning told the months of its history, one by one.",
    )
    op.create_index(
        op.f("ix_rolling_origin_release_id"), "rolling_origin", ["release_id"], schema="predictions"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON predictions.rolling_origin"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()"
    )
    op.execute("GRANT SELECT, INSERT ON predictions.rolling_origin TO stormdesk_pipeline")
    op.execute("GRANT SELECT ON predictions.rolling_origin TO stormdesk_dashboard")


def downgrade() -> None:
    op.drop_table("rolling_origin", schema="predictions")
