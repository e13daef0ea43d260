"""`carevia backup` beside a server that takes payments, and `carevia restore` with its clients."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.acceptance import stripe
from tests.acceptance.people import staff, token
from tests.harness.node import SocketIOClient
from tests.harness.program import Program

RATE = 20  # payments a second while the backup is made
BACKUPS = 2


class Till:
    """Families that pay, so many a second, until the end of the block. `answered` are those who got their 200."""

    def __init__(self, program: Program) -> None:
        self.answered: list[str] = []
        self.refused: list[int] = []
        self._url = program.url
        self._over = threading.Event()

    def _pay(self) -> None:
        due, number = time.monotonic(), 0
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due, number, family = due + 1 / RATE, number + 1, f"family-{number}"
            status = stripe.deliver(self._url, stripe.event(stripe.session(family))).status_code
            if status == 200:
                self.answered.append(family)
            else:
                self.refused.append(status)

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + 20
        while len(self.answered) < count:
            assert time.monotonic() < deadline, f"{len(self.answered)} payments were answered, {self.refused} refused"
            time.sleep(0.01)

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        paying = threading.Thread(target=self._pay)
        paying.start()
        try:
            yield
        finally:
            self._over.set()
            paying.join()


def families_in(file: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        paid = {row[0] for row in connection.execute("SELECT user_id FROM payments")}
        booked = {row[0] for row in connection.execute("SELECT user_id FROM bookings")}
        assert paid == booked, "a payment and its booking are one transaction"
        return booked


def test_a_backup_made_while_payments_come_in_holds_every_one_answered_before_it_began(
    carevia: Program, tmp_path: Path
) -> None:
    till = Till(carevia)
    with till.open():
        for number in range(BACKUPS):
            till.wait_for(10 * (number + 1))
            before = set(till.answered)
            made = carevia.command("backup", str(tmp_path / f"{number}.db"))
            assert made.returncode == 0, made.stderr
            assert "made and checked" in made.stdout
            assert before <= families_in(tmp_path / f"{number}.db")
    assert till.refused == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{number}.db" for number in range(BACKUPS)]


def test_after_a_restore_every_old_client_is_told_to_load_afresh(
    carevia: Program, javascript_client: SocketIOClient, tmp_path: Path
) -> None:
    client, backup = javascript_client, str(tmp_path / "copy.db")
    assert stripe.deliver(carevia.url, stripe.event(stripe.session("family-1"))).status_code == 200
    client.connect(carevia.url, "polling", transports=["polling"], auth={"token": staff()})
    client.connect(carevia.url, "websocket", transports=["websocket"], auth={"token": staff("staff-2")})
    client.connect(carevia.url, "family", transports=["websocket"], auth={"token": token("family-1")})
    assert carevia.command("backup", backup).returncode == 0
    assert stripe.deliver(carevia.url, stripe.event(stripe.session("family-2"))).status_code == 200
    for desk in ("polling", "websocket"):  # their offset is beyond what the backup knows; the family has none
        client.expect_event("customer_added", desk)

    refused = carevia.command("restore", backup)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "stop it first" in refused.stderr

    assert carevia.stop() == 0
    restored = carevia.command("restore", backup)
    assert restored.returncode == 0, restored.stderr
    assert "before-restore" in restored.stdout and "Start the server" in restored.stdout
    carevia.start()
    for name in ("polling", "websocket", "family"):
        assert client.expect_kind("connect", name, timeout=20)["recovered"] is False
        assert client.expect_event("reset", name)["args"][0] == {"reason": "restored"}
    families = [data["userId"] for data in bookings(carevia)]
    assert families == ["family-1"]
    assert stripe.deliver(carevia.url, stripe.event(stripe.session("family-3"))).status_code == 200
    for desk in ("polling", "websocket"):
        assert client.expect_event("customer_added", desk)["args"][0]["userId"] == "family-3"


def bookings(program: Program) -> list[dict[str, str]]:
    import httpx2

    headers = {"Authorization": f"Bearer {staff()}"}
    answer = httpx2.get(f"{program.url}/api/booking", headers=headers, trust_env=False)
    return list(answer.json()["data"]["bookings"])
