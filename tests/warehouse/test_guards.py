"""What Postgres itself refuses, whoever asks."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from warehouse.session import Access, transaction


@pytest.mark.parametrize("statement", ["UPDATE audit.entry SET reason = 'x'", "DELETE FROM audit.entry", "TRUNCATE audit.entry"])
@pytest.mark.parametrize("access", list(Access))
def test_nobody_rewrites_the_audit_history(database: str, statement: str, access: Access) -> None:
    with pytest.raises(DBAPIError, match="append-only|permission denied"), transaction(access) as session:
        session.execute(text(statement))
