"""Keep what the gate said of each release, and let no reign of a champion be rewritten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from warehouse.migrations.word_checks import add_words, drop_words

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEW_TAGS = ("release.judged", "champion.rolled_back")

TAGS = ("audit.entry", "ck_entry_tag", "champion.changed", NEW_TAGS)

GUARD_REIGN = """
CREATE FUNCTION predictions.guard_reign() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.ended_at IS NULL AND NEW.ended_at >= OLD.since_at
       AND (NEW.champion_id, NEW.release_id, NEW.since_at, NEW.reason)
         = (OLD.champion_id, OLD.release_id, OLD.since_at, OLD.reason)
       AND NEW.rolled_back_from IS NOT DISTINCT FROM OLD.rolled_back_from THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a reign in predictions.champion is only ever ended, once: % refused', TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard_reign BEFORE UPDATE OR DELETE ON predictions.champion
  FOR EACH ROW EXECUTE FUNCTION predictions.guard_reign();
CREATE TRIGGER keep_reigns BEFORE TRUNCATE ON predictions.champion
  FOR EACH STATEMENT EXECUTE FUNCTION predictions.guard_reign();
"""


def upgrade() -> None:
    add_words(*TAGS)
    _create_gate_results()
    op.add_column("champion", sa.Column("rolled_back_from", sa.BigInteger()), schema="predictions")
    op.create_foreign_key(
        op.f("fk_champion_rolled_back_from"),
        "champion",
        "model_release",
        ["rolled_back_from"],
        ["release_id"],
        source_schema="predictions",
        referent_schema="predictions",
    )
    op.create_check_constraint(
        op.f("ck_champion_rolled_back_to_another"),
        "champion",
        "rolled_back_from <> release_id",
        schema="predictions",
    )
    op.execute(GUARD_REIGN)


def _create_gate_results() -> None:
    op.create_table(
        "gate_result",
        sa.Column("gate_result_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=False),
        sa.Column("compared_with", sa.BigInteger()),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "compared_with <> release_id", name=op.f("ck_gate_result_compared_with_another")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(rules) = 'array' AND rules <> '[]'",
            name=op.f("ck_gate_result_rules_were_asked"),
        ),
        sa.CheckConstraint(
            """NOT (passed AND rules @> '[{"passed": false}]')""",
            name=op.f("ck_gate_result_passed_every_rule"),
        ),
        *[
            sa.ForeignKeyConstraint(
                [name],
                ["predictions.model_release.release_id"],
                name=op.f(f"fk_gate_result_{name}"),
            )
            for name in ("release_id", "compared_with")
        ],
        sa.PrimaryKeyConstraint("gate_result_id", name=op.f("pk_gate_result")),
        schema="predictions",
        comment="What the gate said of a release, rule by rule, beside the champion of that hour.",
    )
    op.create_index(
        op.f("ix_gate_result_release_id"), "gate_result", ["release_id"], schema="predictions"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON predictions.gate_result"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()"
    )
    op.execute("GRANT SELECT, INSERT ON predictions.gate_result TO stormdesk_pipeline")
    op.execute("GRANT SELECT ON predictions.gate_result TO stormdesk_dashboard")


def downgrade() -> None:
    for trigger in ("guard_reign", "keep_reigns"):
        op.execute(f"DROP TRIGGER {trigger} ON predictions.champion")
    op.execute("DROP FUNCTION predictions.guard_reign()")
    op.drop_column("champion", "rolled_back_from", schema="predictions")
    op.drop_table("gate_result", schema="predictions")
    drop_words(*TAGS)
