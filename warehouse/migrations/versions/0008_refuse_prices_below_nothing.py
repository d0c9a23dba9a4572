"""Refuse prices below nothing, places off the earth, and parts of a booking numbered from zero."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ON_EARTH = "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180"
CHECKS = (
    ("travel", "airport", "on_earth", ON_EARTH),
    ("inventory", "hotel", "on_earth", ON_EARTH),
    ("travel", "booking_traveller", "position_positive", "position > 0"),
    ("travel", "leg", "position_positive", "position > 0"),
    ("travel", "leg", "price_not_negative", "price_minor_units >= 0"),
    ("travel", "stay", "position_positive", "position > 0"),
    ("travel", "stay", "price_not_negative", "price_minor_units >= 0"),
)


def upgrade() -> None:
    for schema, table, name, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema=schema)


def downgrade() -> None:
    for schema, table, name, _ in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema=schema)
