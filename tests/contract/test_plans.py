"""How PostgreSQL looks up what each webhook asks: by an index, however many bookings there are."""

from typing import Any

import psycopg
import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql

from carevia.service import receipts, recording

MANY = """
INSERT INTO bookings (id, tracking_id, user_id, service_name, total, paid, due, currency, status, source, created)
SELECT 'b' || n, 'T' || n, 'u', 's', 1, 1, 0, 'bdt', 'booked', 'site', n FROM generate_series(1, 5000) n"""


@pytest.mark.parametrize("statement", [recording._KNOWN, recording._TRACKED, receipts._BOOKING])
def test_a_tracking_id_is_looked_up_by_an_index(postgres: Any, statement: Select[Any]) -> None:
    dialect: Any = postgresql.psycopg.dialect
    compiled = statement.compile(dialect=dialect())
    with psycopg.connect(postgres.prepared()) as connection:
        connection.execute("INSERT INTO users (id, role, created) VALUES ('u', 'user', 1)")
        connection.execute(MANY)
        connection.execute("ANALYZE")
        asked = f"EXPLAIN {compiled}".encode()
        plan = "\n".join(row[0] for row in connection.execute(asked, dict.fromkeys(compiled.params, "T7")))
    assert "Seq Scan on bookings" not in plan
    assert "uq_bookings_tracking_id" in plan
