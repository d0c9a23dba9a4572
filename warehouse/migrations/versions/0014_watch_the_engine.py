"""Keep when a seal was made, and let nobody but Postgres say when an entry was written."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None

WRITERS = ("stormdesk_pipeline", "stormdesk_dashboard")
SAID = (
    "at, actor_user_id, actor_username, actor_roles, tag, noun, noun_id, before, after, reason,"
    " source"
)
"""What an operation says of an act; its number, transaction and instant are Postgres's own."""


def upgrade() -> None:
    op.add_column(
        "seal",
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        schema="audit",
    )
    for role in WRITERS:
        op.execute(f"REVOKE INSERT ON audit.entry FROM {role}")
        op.execute(f"GRANT INSERT ({SAID}) ON audit.entry TO {role}")


def downgrade() -> None:
    for role in WRITERS:
        op.execute(f"REVOKE INSERT ({SAID}) ON audit.entry FROM {role}")
        op.execute(f"GRANT INSERT ON audit.entry TO {role}")
    op.drop_column("seal", "recorded_at", schema="audit")
