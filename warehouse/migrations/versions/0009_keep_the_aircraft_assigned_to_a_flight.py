"""Keep the aircraft that was assigned to a flight, and when that was known."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NAME = "ck_flight_assigned_has_instant"


def upgrade() -> None:
    op.add_column("flight", sa.Column("aircraft", sa.Text()), schema="travel")
    op.add_column(
        "flight", sa.Column("aircraft_known_at", sa.DateTime(timezone=True)), schema="travel"
    )
    op.create_check_constraint(
        op.f(NAME),
        "flight",
        "(aircraft IS NULL) = (aircraft_known_at IS NULL)",
        schema="travel",
    )


def downgrade() -> None:
    op.drop_constraint(op.f(NAME), "flight", schema="travel")
    op.drop_column("flight", "aircraft_known_at", schema="travel")
    op.drop_column("flight", "aircraft", schema="travel")
