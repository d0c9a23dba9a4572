"""Keep when a user's phone was verified, beside when their e-mail address was."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "user", sa.Column("phone_verified_at", sa.DateTime(timezone=True)), schema="people"
    )
    op.create_check_constraint(
        op.f("ck_user_verified_phone_is_there"),
        "user",
        "phone_verified_at IS NULL OR phone IS NOT NULL",
        schema="people",
    )
    op.execute('GRANT SELECT (phone_verified_at) ON people."user" TO stormdesk_pipeline')


def downgrade() -> None:
    op.drop_constraint(op.f("ck_user_verified_phone_is_there"), "user", schema="people")
    op.drop_column("user", "phone_verified_at", schema="people")
