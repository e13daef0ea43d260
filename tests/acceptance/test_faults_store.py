"""A store that cannot commit takes no money, says so within five seconds, and is well by itself again.

The ledger is outside: which deliveries got their 200, and what the desk was shown.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.faults import (
    failing_fsync,
    filled_up,
    full_disk,
    metrics,
    readiness,
    seconds_until,
    small_disk,
)
from tests.acceptance.people import staff
from tests.harness.faulty import FaultyProgram
from tests.harness.node import SocketIOClient
from tests.harness.program import Program
from tests.store.opened import query

SOON = 5.0
Fault = Callable[[], AbstractContextManager[None]]


class Families:
    """Who pays: each its own session, delivered until it got a 200, as the provider does."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._bodies: dict[str, bytes] = {}
        self.paid: set[str] = set()

    def pay(self, *names: str) -> list[int]:
        return [self._deliver(name) for name in names]

    def pay_again(self) -> list[int]:
        """What got no 200 comes once more."""
        return self.pay(*sorted(self._bodies.keys() - self.paid))

    def _deliver(self, name: str) -> int:
        body = self._bodies.setdefault(name, stripe.event(stripe.session(name)))
        answer = stripe.deliver(self._program.url, body)
        if answer.status_code == 200:
            self.paid.add(name)
        elif answer.status_code == 503:
            assert int(answer.headers["retry-after"]) > 0
        return answer.status_code


def survives(program: Program, client: SocketIOClient, fault: Fault, reason: str) -> None:
    """The fault comes while nobody pays, families pay meanwhile, it goes: nothing is lost, shown twice or restarted."""
    families, pid = Families(program), program.pid
    client.connect(program.url, auth={"token": staff()})
    assert families.pay("before-1", "before-2") == [200, 200]
    with fault():
        seconds_until(lambda: readiness(program)[0] == 503, SOON)
        assert reason in readiness(program)[1]
        assert families.pay("during-1", "during-2", "during-3") == [503, 503, 503]
        assert client.expect(lambda m: reason in str(m.get("args")), SOON, "the alarm on the desk")
        assert client.call("test_event") is not None  # sockets live, and so does whoever reads
        assert len(client.events("customer_added")) == 2  # and is shown nothing that is not stored
        found = metrics(program)
        assert found['carevia_ready{part="store"}'] == 0
        assert found["carevia_store_failed_commits_total"] >= 4
    seconds_until(lambda: readiness(program)[0] == 200, SOON)
    assert families.pay_again() == [200, 200, 200]
    assert families.pay("after") == [200]
    while client.expect_event("customer_added")["args"][0]["userId"] != "after":
        pass
    shown = Counter(args[0]["userId"] for args in client.events("customer_added"))
    assert shown == dict.fromkeys(families.paid, 1)
    assert not [message for message in client.seen() if message["kind"] == "disconnect"]
    assert program.pid == pid
    assert {row[0] for row in query(program.data, "SELECT user_id FROM bookings")} == families.paid
    assert query(program.data, "PRAGMA integrity_check") == [("ok",)]


def test_f9_a_full_disk_takes_no_money_and_heals_without_a_restart(
    tmp_path: Path, javascript_client: SocketIOClient
) -> None:
    with (
        small_disk(tmp_path / "data") as mounted,
        FaultyProgram(data=tmp_path / "data", port=None, **SETTINGS) as program,
    ):
        reason = "disk is full" if mounted else "disk reports an error"
        survives(program, javascript_client, lambda: full_disk(program, mounted), reason)


def test_the_room_that_is_made_on_a_full_disk_lasts(tmp_path: Path) -> None:
    """SQLite's log took it all: ten payments later the disk was full again."""
    with small_disk(tmp_path / "data") as mounted:
        if not mounted:
            pytest.skip("this machine lets nobody mount a small disk")
        (tmp_path / "data" / "ballast").write_bytes(bytes(1_000_000))
        with Program(data=tmp_path / "data", port=None, **SETTINGS) as program:
            families = Families(program)
            numbers = iter(range(1_000))
            while families.pay(f"before-{next(numbers)}") == [200]:
                pass
            (tmp_path / "data" / "ballast").unlink()
            seconds_until(lambda: readiness(program)[0] == 200, SOON)
            families.pay(*(f"after-{number}" for number in range(40)))
            seconds_until(lambda: 503 not in families.pay_again(), SOON)


def test_a_start_on_a_full_disk_names_the_disk_and_may_be_tried_again(tmp_path: Path) -> None:
    """After a clean stop SQLite has no shared memory yet: without room for it, it says "disk I/O error" only."""
    with small_disk(tmp_path / "data") as mounted:
        if not mounted:
            pytest.skip("this machine lets nobody mount a small disk")
        program = Program(data=tmp_path / "data")
        program.start().stop()
        with filled_up(program.data):
            examined = program.command("doctor")
            status, said = program.refuse()
    assert (status, "is full: make room and start again." in said) == (1, True), said
    assert "writable" not in said and "Traceback" not in said
    assert examined.returncode == 1 and "is full: make room and start again." in examined.stdout, examined.stdout


def test_f10_no_money_is_taken_after_a_failed_fsync_until_the_disk_has_proven_itself(
    javascript_client: SocketIOClient,
) -> None:
    with FaultyProgram(**SETTINGS) as program:
        survives(program, javascript_client, lambda: failing_fsync(program), "disk reports an error")
