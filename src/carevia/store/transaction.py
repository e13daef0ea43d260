"""What a piece of work gets to read and write with, whichever database is below.

A work is a plain function `work(tx)`, run in one transaction by a thread of the store, and perhaps again after all that
it did was undone: it may not wait for anything, it changes nothing but the database, and whatever it raises undoes all
it did. Statements are SQLAlchemy Core's, best built once at module level (they are compiled once per statement object);
values that change are `bindparam`s and come as keywords.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Executable, Table

from carevia.store.journal import JournalRow

Statement = Executable


class Row(tuple[Any, ...]):
    """A row of a result: a tuple whose values are attributes too, by column name."""

    __slots__ = ()

    if TYPE_CHECKING:  # the attributes are those of the statement's columns

        def __getattr__(self, name: str) -> Any: ...


class Transaction(ABC):
    """Everything between BEGIN and COMMIT of one work. Not to be kept after the work has returned.

    `cause` is set by a work: the id of the request that its rows of the journal come from, so that the log can tell.
    """

    cause: str | None = None

    @abstractmethod
    def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        """All rows of a query."""

    @abstractmethod
    def first(self, statement: Statement, /, **params: Any) -> Row | None:
        """The first row of a query, or None."""

    @abstractmethod
    def run(self, statement: Statement, /, **params: Any) -> int:
        """Run a statement that returns no rows; how many rows it touched."""

    @abstractmethod
    def insert(self, table: Table, /, **values: Any) -> None:
        """Insert one row; columns not named get their default."""

    @abstractmethod
    def insert_new(self, table: Table, /, **values: Any) -> bool:
        """Insert one row unless a row with the same unique key exists; whether it was inserted.

        Two works can never both get True for the same key: this is how an id is claimed.
        """

    @abstractmethod
    def next_seq(self) -> int:
        """The number that the next row of the journal will have, for rows that name it and are written before."""

    @abstractmethod
    def append(
        self, room: str, name: str, payload: Struct | Mapping[str, Any], *, now: int, sender: str | None = None
    ) -> JournalRow:
        """Write the next row of the journal. Subscribers get it after the commit, or never if the work fails.

        `seq` is gapless in commit order. `sender` is the socket id whose own client need not be told.
        """

    @abstractmethod
    def index_text(self, seq: int, text: str) -> None:
        """Make a message findable by the words of its text, in this transaction; once per seq."""

    @abstractmethod
    def find_texts(self, words: Sequence[str], before: int | None, most: int) -> list[int]:
        """The seqs of messages that hold a word beginning with each of `words` (domain/search.py), newest first.

        At most `most`, and only those below `before`.
        """
