"""Everything of one run: the file, the processes over it, the provider, the pages, and the ledger that judges them.

The ledger is a connection of its own and a copy of every journal row that was ever committed.
"""

import asyncio
import random
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from carevia import failpoint
from carevia.domain.people import Person
from tests.model.node import FILE, RUNNING, Killed, Node
from tests.model.page import LOST, Page
from tests.service.house import paid_event

NOW = 1_795_408_215_000
QUIET = 2.5  # seconds of virtual time: more than two polls of the journal
STAFF = (Person("s1", "admin", name="Rafiq Hasan"), Person("s2", "admin", name="Sumaiya Islam"))
CUSTOMERS = (Person("u1", "user", name="Nusrat Jahan"), Person("u2", "user", name="Rima Akter"))


class LedgerRow(NamedTuple):
    room: str
    name: str
    sender: str | None


class World:
    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.dice = random.Random(seed)
        self.ledger = sqlite3.connect(folder / FILE, isolation_level=None)
        self.rows: dict[int, LedgerRow] = {}
        self.nodes = [Node(folder, self.dice, self._died) for _ in range(2)]
        self.pages = [Page(self, person) for person in (*STAFF, *CUSTOMERS, CUSTOMERS[0])]
        self.events: list[dict[str, Any]] = []  # of the provider, oldest first
        self.answered: set[str] = set()  # ids of events that got their 200
        self.deliveries: list[asyncio.Task[Any]] = []
        self._said = 0
        self._backup: Path | None = None

    async def start(self) -> None:
        for node in self.nodes:
            await node.start()

    async def stop(self) -> None:
        failpoint.arm(None)
        for page in self.pages:
            await page.go()
        for node in self.nodes:
            await self.restart(node, again=False)
        self.ledger.close()

    def time(self) -> float:
        return asyncio.get_running_loop().time() * 1000

    def now(self) -> int:
        return NOW + int(self.time())

    # --- the ledger ---------------------------------------------------------------------------------------------

    def observe(self) -> None:
        for seq, *row in self.ledger.execute("SELECT seq, room, name, sender FROM journal"):
            found = LedgerRow(*row)
            assert self.rows.setdefault(seq, found) == found, f"row {seq} was changed"

    def row(self, seq: int) -> LedgerRow:
        if seq not in self.rows:
            self.observe()
        assert seq in self.rows, f"{seq} was sent, and never committed"
        return self.rows[seq]

    def newest(self) -> int:
        self.observe()
        return max(self.rows, default=0)

    def oldest(self) -> int:
        return self._first("SELECT min(seq) FROM journal") or 0

    def epoch(self) -> str:
        return str(self._first("SELECT value FROM meta WHERE key = 'epoch'"))

    def bookings(self) -> list[str]:
        return self._all("SELECT tracking_id FROM bookings ORDER BY announced DESC")

    def conversations(self) -> list[tuple[str, int, str]]:
        """Who waits, longest first, then last activity first; closed ones left out."""
        sql = """SELECT id, coalesce(unread, 0), coalesce(status, 'open') FROM users
            LEFT JOIN conversations ON room_id = id
            WHERE activity IS NOT NULL AND coalesce(status, 'open') = 'open'
            ORDER BY waiting IS NULL, waiting, activity DESC"""
        return self.ledger.execute(sql).fetchall()

    def messages(self, room: str) -> list[tuple[str, str]]:
        return self.ledger.execute(
            "SELECT sender_id, id FROM messages WHERE room_id = ? ORDER BY seq", [room]
        ).fetchall()

    def _all(self, sql: str) -> list[str]:
        return [value for (value,) in self.ledger.execute(sql)]

    def _first(self, sql: str) -> Any:
        return self.ledger.execute(sql).fetchone()[0]

    # --- the provider -------------------------------------------------------------------------------------------

    def pays(self, customer: Person) -> None:
        tracking = f"CV-{len(self.events):08d}"
        self.events.append(paid_event(customer.id, now=self.now(), metadata={"trackingId": tracking}, name=""))

    def says_again(self, event: dict[str, Any]) -> None:
        """The same session in another event: each delayed payment has two."""
        again = {"id": f"{event['id']}x", "type": "checkout.session.async_payment_succeeded"}
        if all(other["id"] != again["id"] for other in self.events):
            self.events.append(event | again)

    def deliver(self, event: dict[str, Any], node: Node) -> None:
        """One attempt, which goes on in the background."""
        if node.alive:
            self.deliveries.append(asyncio.get_running_loop().create_task(self._attempt(event, node)))

    async def _attempt(self, event: dict[str, Any], node: Node) -> None:
        with suppress(ConnectionError):
            if await node.do(node.webhook(event)) == 200:
                self.answered.add(event["id"])

    # --- what happens -------------------------------------------------------------------------------------------

    async def turns(self, count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    def say(self, page: Page, room: str) -> None:
        self._said += 1
        message = {"id": f"m{self._said}", "roomId": room, "text": f"text {self._said}"}
        page.outbox.append(message)
        if page.online and not page.frozen:
            self.deliveries.append(asyncio.get_running_loop().create_task(_try(page, message)))

    def killed(self, *_: int) -> None:
        """What a failpoint does here."""
        node = RUNNING.get()
        assert node is not None
        node.kill()
        raise Killed

    def _died(self, node: Node) -> None:
        for page in self.pages:
            if page.node is node:
                page.cut()

    async def restart(self, node: Node, *, again: bool = True) -> None:
        if node.alive:
            node.kill()
        await node.bury()
        if again:
            await node.start()

    async def retire(self, node: Node, share: float) -> None:
        """The oldest rows have become older than what is kept; one process forgets them."""
        await asyncio.sleep(QUIET)  # whatever is so old has long been emitted
        oldest, newest = self.oldest(), self.newest()
        up_to = oldest + int((newest - oldest) * share)
        self.ledger.execute("UPDATE journal SET time = 0 WHERE seq <= ?", [up_to])
        with suppress(*LOST):
            await node.do(node.carevia._forget())

    async def back_up(self) -> None:
        self._backup = self.folder / "backup.db"
        with sqlite3.connect(self._backup) as target:
            self.ledger.backup(target)
        target.close()
        self._backed_up = set(self.answered), list(self.events)

    async def restore(self) -> None:
        """As `carevia restore` leaves it: the old rows under a new epoch. What was paid since is told again."""
        if self._backup is None:
            return
        for node in self.nodes:
            await self.restart(node, again=False)
        for page in self.pages:
            page.hear()  # the last that these processes sent, too: it belongs to the history that ends here
        self.ledger.close()
        for name in (f"{FILE}-wal", f"{FILE}-shm"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.copyfile(self._backup, self.folder / FILE)
        self.ledger = sqlite3.connect(self.folder / FILE, isolation_level=None)
        self.ledger.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", [f"{self.dice.getrandbits(64):016x}"])
        self.rows = {}
        self.observe()
        self.answered = set(self._backed_up[0])
        for node in self.nodes:
            await node.start()

    async def quiet(self) -> None:
        """Everybody is back, the provider has had its answers, and nothing is under way."""
        failpoint.arm(None)
        await self.turns(2)  # a process that was to die once its bytes have left dies now, not while it is counted on
        for node in self.nodes:
            node.store.hints = "now"
            if not node.alive:
                await self.restart(node)
            node.release()
        await self._delivered()
        for event in self.events:
            if event["id"] not in self.answered:
                self.deliver(event, self.dice.choice(self.nodes))
        await self._delivered()
        for page in self.pages:
            for _ in range(3):  # who meets a hole while catching up is let go, and comes back to a reset
                if not page.online or page.frozen or page.outbox:
                    await page.come(self.dice.choice(self.nodes))
        await asyncio.sleep(QUIET)

    async def _delivered(self) -> None:
        deliveries, self.deliveries = self.deliveries, []
        await asyncio.gather(*deliveries)

    def check(self) -> None:
        self.observe()
        unanswered = {event["id"] for event in self.events} - self.answered
        assert not unanswered, f"never answered: {unanswered}"
        sessions = {event["data"]["object"]["id"] for event in self.events}
        bookings = self.bookings()
        assert len(bookings) == len(sessions), (
            f"{len(sessions)} sessions were paid, {len(bookings)} bookings are stored"
        )
        for page in self.pages:
            assert page.online, f"{page.person.id} cannot come back"
            assert not page.outbox
            page.check()


async def _try(page: Page, message: dict[str, Any]) -> None:
    with suppress(*LOST):
        await page.say(message)
