"""What the threads of a store (writer.py, reader.py) need of a database: SQLite and PostgreSQL are each one of these.

A `Session` is one connection, touched only by the thread that opened it. Everything here blocks.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from carevia.errors import Unavailable
from carevia.store.sql import SqlTransaction


class Session(ABC):
    """One connection, and the transaction that works get on it."""

    transaction: SqlTransaction

    @property
    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether what was begun has neither been committed nor ended by the database."""

    @abstractmethod
    def begin(self, waits: Callable[[], bool]) -> None:
        """Begin to write, when no other process writes any more, or raise when nobody `waits` any more."""

    @abstractmethod
    def begin_reading(self, waits: Callable[[], bool]) -> None:
        """Begin to read one snapshot. A statement that goes on when nobody `waits` any more is broken off, at once or
        soon: it would hold up those who do."""

    @abstractmethod
    def mark(self) -> None:
        """A work begins: `undo` comes back to here, until `keep`. Works that are never undone alone need none."""

    @abstractmethod
    def keep(self) -> None:
        """The work has ended well. Raises what the work may have hidden."""

    @abstractmethod
    def undo(self) -> None:
        """Nothing of the work stays."""

    @abstractmethod
    def commit(self) -> None:
        """What returns from here is on the disk."""

    @abstractmethod
    def rollback(self) -> None:
        """End a transaction, if one is open."""

    @abstractmethod
    def close(self) -> None:
        """Never raises."""


class Database(ABC):
    """One per store; its sessions are opened by the threads."""

    newest: tuple[int, str] = (0, "")
    """The highest journal number that this process has seen committed, by whomever; and that row's id, once it was
    read."""

    damaged: str | None = None
    """Why nothing but a restore helps, in words: set by the first work that met it, and true until the process ends."""

    @abstractmethod
    def prepare(self, epoch: str) -> str:
        """Make or migrate the schema; its epoch, which is `epoch` when it had none. Raises ConfigError."""

    @abstractmethod
    def writing(self) -> Session:
        """A session to write with. Raises Unavailable where what was answered may not be stored yet."""

    @abstractmethod
    def reading(self) -> Session:
        """A session that cannot write."""

    def lost(self, session: Session, error: Exception) -> bool:
        """Whether `session` failed to begin because its connection has died: another one may do better."""
        return False

    @abstractmethod
    def recover(self, session: Session, error: Exception) -> bool:
        """After a transaction that failed: whether `session` may be used again; else it is closed."""

    @abstractmethod
    def from_outside(self, error: BaseException) -> bool:
        """Whether the disk, the network or another process did it to us, rather than the statement of a work."""

    @abstractmethod
    def why(self, error: BaseException) -> str | None:
        """What a person is told about an error from outside, without a full stop."""

    @abstractmethod
    def release(self) -> None:
        """No session is open any more, and none will be."""

    def unavailable(self, error: BaseException) -> Unavailable:
        """The details are in the log."""
        if isinstance(error, Unavailable):
            return error
        why = self.why(error) or "The store cannot write at the moment"
        return Unavailable(f"{why}: nothing was confirmed. Try again in a moment.")
