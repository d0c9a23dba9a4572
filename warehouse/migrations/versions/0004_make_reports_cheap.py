"""Make reports cheap: room on the page for each flight's next version, and indexes of late ones."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = ("cancelled_reported_at", "delay_reported_at")


def upgrade() -> None:
    # Nearly every flight is updated at least once: a version on the same page needs no new entries
    # in any index.
    op.execute("ALTER TABLE travel.flight SET (fillfactor = 50)")
    for column in COLUMNS:
        op.create_index(
            f"ix_flight_{column}",
            "flight",
            [column],
            schema="travel",
            postgresql_where=f"{column} IS NOT NULL",
        )


def downgrade() -> None:
    op.execute("ALTER TABLE travel.flight RESET (fillfactor)")
    for column in COLUMNS:
        op.drop_index(f"ix_flight_{column}", table_name="flight", schema="travel")
