"""Find the few flights that were reported cancelled or late in a span without reading them all."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = ("cancelled_reported_at", "delay_reported_at")


def upgrade() -> None:
    for column in COLUMNS:
        op.create_index(
            f"ix_flight_{column}",
            "flight",
            [column],
            schema="travel",
            postgresql_where=f"{column} IS NOT NULL",
        )


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_index(f"ix_flight_{column}", table_name="flight", schema="travel")
