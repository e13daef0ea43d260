"""What is asked again and again is looked up by an index, however many rows there are."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql, sqlite

from carevia.domain.payment_lists import PaymentQuery
from carevia.service import exports, payment_lists, receipts, recording, search, stats
from carevia.store import works
from tests.aio import run
from tests.service.house import STAFF
from tests.store.opened import opened, query

MANY = """
INSERT INTO bookings (id, tracking_id, user_id, service_name, total, paid, due, currency, status, source, created)
SELECT 'b' || n, 'T' || n, 'u', 's', 1, 1, 0, 'bdt', 'booked', 'site', n FROM generate_series(1, 5000) n"""

OF_A_PAGE_OF_PAYMENTS = [
    "SEARCH bookings USING PRIMARY KEY (id=?) LEFT-JOIN",
    "SEARCH users USING PRIMARY KEY (id=?) LEFT-JOIN",
    "USE TEMP B-TREE FOR ORDER BY",
]


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


def test_postgresql_does_not_read_all_bookings_again_for_each_customer_that_a_search_looks_at(postgres: Any) -> None:
    dialect: Any = postgresql.psycopg.dialect
    compiled = search._PEOPLE.compile(dialect=dialect())
    with psycopg.connect(postgres.prepared()) as connection:
        connection.execute("INSERT INTO users (id, role, created, activity) VALUES ('u', 'user', 1, 1)")
        connection.execute(MANY)
        connection.execute("ANALYZE")
        # As little beside 5,000 bookings as the usual 8 MB beside 300,000.
        connection.execute("SET work_mem = '64kB'")
        connection.execute("SET hash_mem_multiplier = 1")
        values = {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required}
        rows = connection.execute(f"EXPLAIN {compiled}".encode(), values | {"like": "%nobody%"})
        plan = "\n".join(row[0] for row in rows)
    assert "on bookings" in plan
    assert "(SubPlan" not in plan, plan  # a hashed one is run once


@pytest.mark.parametrize(
    ("statement", "plan"),
    [
        pytest.param(
            receipts._SCREENS,
            ["SEARCH screens USING INDEX ix_screens_to_seq_from_seq (to_seq>?)"],
            id="the desks that have shown a booking",
        ),
        pytest.param(
            works._FIRST_KEPT,
            ["SEARCH journal USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
            id="of the rows to forget no more than go at once",
        ),
        pytest.param(
            payment_lists._page(frozenset({"viewer"})),
            [
                "SEARCH payments USING PRIMARY KEY (id=?)",
                "LIST SUBQUERY 2",
                "SEARCH payments USING INDEX ix_payments_booking_id (booking_id=?)",
                "LIST SUBQUERY 1",
                "SEARCH theirs USING COVERING INDEX ix_bookings_user_id_announced (user_id=?)",
                "USE TEMP B-TREE FOR ORDER BY",
                *OF_A_PAGE_OF_PAYMENTS,
            ],
            id="a customer's payments",
        ),
        pytest.param(
            payment_lists._page(frozenset()),
            [
                "SEARCH payments USING PRIMARY KEY (id=?)",
                "LIST SUBQUERY 1",
                "SCAN payments USING COVERING INDEX ix_payments_created",
                *OF_A_PAGE_OF_PAYMENTS,
            ],
            id="a page of payments, however many are skipped",
        ),
        pytest.param(
            exports._payment_page(frozenset(), True),
            [
                "SEARCH payments USING PRIMARY KEY (id=?)",
                "LIST SUBQUERY 1",
                "SEARCH payments USING COVERING INDEX ix_payments_created ((created,id)<(?,?))",
                *OF_A_PAGE_OF_PAYMENTS,
            ],
            id="what stands behind the payments that were exported",
        ),
        pytest.param(
            payment_lists._count(payment_lists.asked(STAFF, PaymentQuery(search="cv-0000000a"))[0]),
            [
                "SEARCH payments USING COVERING INDEX ix_payments_booking_id (booking_id=?)",
                "LIST SUBQUERY 2",
                "COMPOUND QUERY",
                "LEFT-MOST SUBQUERY",
                "SEARCH bookings_1 USING INDEX sqlite_autoindex_bookings_2 (tracking_id=?)",
                "UNION ALL",
                "SEARCH tracking_aliases USING PRIMARY KEY (tracking_id=?)",
            ],
            id="the payments of a whole tracking id",
        ),
        pytest.param(
            stats._created(False),
            [
                "SEARCH bookings USING PRIMARY KEY (id=?)",
                "LIST SUBQUERY 1",
                "SEARCH payments USING INDEX ix_payments_created (created>?)",
            ],
            id="the bookings of two weeks",
        ),
    ],
)
def test_sqlite_does_not_read_a_whole_table(tmp_path: Path, statement: Select[Any], plan: list[str]) -> None:
    async def main() -> None:
        async with opened(tmp_path):
            pass

    run(main())
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    steps = query(tmp_path, f"EXPLAIN QUERY PLAN {compiled}", dict.fromkeys(compiled.params, 7))
    assert [step for *_, step in steps] == plan
