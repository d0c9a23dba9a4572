"""CHECKs that list words: one more is added to what Postgres holds, so that no other is lost."""

from collections.abc import Sequence

from alembic import op

_REWRITE = """
DO $$
DECLARE
  written text := pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conname = '{constraint}' AND conrelid = '{table}'::regclass;
BEGIN
  ALTER TABLE {table} DROP CONSTRAINT {constraint};
  EXECUTE 'ALTER TABLE {table} ADD CONSTRAINT {constraint} '
    || replace(written, '{before}', '{after}');
END $$;
"""


def add_words(table: str, constraint: str, known: str, words: Sequence[str]) -> None:
    """Let a CHECK take more words, behind one that it lists already.

    Parameters
    ----------
    table:
        Schema and table.
    constraint:
        The CHECK.
    known:
        A word it lists.
    words:
        What it is to list as well.
    """
    _rewrite(table, constraint, _listed(known), _listed(known, *words))


def drop_words(table: str, constraint: str, known: str, words: Sequence[str]) -> None:
    """Take back what `add_words` did with the same arguments.

    Parameters
    ----------
    table:
        Schema and table.
    constraint:
        The CHECK.
    known:
        The word they were added behind.
    words:
        What it is to list no longer.
    """
    _rewrite(table, constraint, _listed(known, *words), _listed(known))


def _listed(*words: str) -> str:
    return ", ".join(f"''{word}''::text" for word in words)


def _rewrite(table: str, constraint: str, before: str, after: str) -> None:
    op.execute(_REWRITE.format(table=table, constraint=constraint, before=before, after=after))
