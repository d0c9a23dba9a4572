"""Watch the engine and its history: how often each part should run, and when a seal was made."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WRITERS = ("stormdesk_pipeline", "stormdesk_dashboard")
SAID = (
    "at, actor_user_id, actor_username, actor_roles, tag, noun, noun_id, before, after, reason,"
    " source"
)
"""What an operation says of an act; its number, transaction and instant are Postgres's own."""

OWN_BEAT = """
ALTER TABLE engine.heartbeat ENABLE ROW LEVEL SECURITY;
CREATE POLICY pipeline_all ON engine.heartbeat TO stormdesk_pipeline USING (true) WITH CHECK (true);
CREATE POLICY dashboard_sees ON engine.heartbeat FOR SELECT TO stormdesk_dashboard USING (true);
CREATE POLICY dashboard_beats ON engine.heartbeat TO stormdesk_dashboard
  USING (component = 'dashboard') WITH CHECK (component = 'dashboard');
GRANT INSERT, UPDATE ON engine.heartbeat TO stormdesk_dashboard;
"""
"""The dashboard says that it lives; of the engine it says nothing."""
NO_OWN_BEAT = """
REVOKE INSERT, UPDATE ON engine.heartbeat FROM stormdesk_dashboard;
DROP POLICY dashboard_beats ON engine.heartbeat;
DROP POLICY dashboard_sees ON engine.heartbeat;
DROP POLICY pipeline_all ON engine.heartbeat;
ALTER TABLE engine.heartbeat DISABLE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    op.add_column(
        "heartbeat", sa.Column("every_seconds", sa.BigInteger(), nullable=True), schema="engine"
    )
    op.create_check_constraint(
        op.f("ck_heartbeat_every_positive"), "heartbeat", "every_seconds > 0", schema="engine"
    )
    op.execute(OWN_BEAT)
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
    op.execute(NO_OWN_BEAT)
    op.drop_column("heartbeat", "every_seconds", schema="engine")
