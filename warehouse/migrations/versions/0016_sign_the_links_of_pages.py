"""Sign the links of pages with a key that the desk made for itself."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Whoever writes pages and whoever reads their links needs it; nobody else may read it. Another
# value, written by the owner, makes every link of before invalid.
KEY = """
INSERT INTO people.secret (name, value, created_at)
  VALUES ('page_links', sha256((gen_random_uuid()::text || gen_random_uuid())::bytea), now());
CREATE FUNCTION people.page_link_key() RETURNS bytea
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, people
  RETURN (SELECT value FROM people.secret WHERE name = 'page_links');
REVOKE ALL ON FUNCTION people.page_link_key() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people.page_link_key() TO stormdesk_pipeline, stormdesk_dashboard;
"""


def upgrade() -> None:
    op.execute(KEY)


def downgrade() -> None:
    op.execute("DROP FUNCTION people.page_link_key()")
    op.execute("DELETE FROM people.secret WHERE name = 'page_links'")
