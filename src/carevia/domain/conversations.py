"""A conversation as the desk's list knows it: who waits, what is unread, whose it is, open or closed. Pure.

`State` is what is stored, each rule a function from one state to the next. A customer waits from their first message
that nobody has answered until somebody answers or closes; reading is not answering. What is unread is a part of what
waits, and a conversation with either is open: a message of the customer opens it again.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType, structs

from carevia.domain.fields import about

Status = Literal["open", "closed"]
PAGE = 100
LARGEST_PAGE = 200
FOUND = 20
MOST_FOUND = 50
Filter = Literal["open", "mine", "unassigned", "closed"]


class State(msgspec.Struct, frozen=True):
    """Numbers are the journal's numbers of messages, 0 where there is none."""

    last_seq: int = 0
    read_seq: int = 0
    unread: int = 0
    waiting: int | None = None
    status: str = "open"
    assignee: str | None = None


def written(state: State, seq: int) -> State:
    """The customer wrote."""
    waiting = seq if state.waiting is None else state.waiting
    return structs.replace(state, last_seq=seq, unread=state.unread + 1, waiting=waiting, status="open")


def answered(state: State, seq: int) -> State:
    """Whoever of the staff answers has seen what was written."""
    return structs.replace(state, last_seq=seq, read_seq=seq, unread=0, waiting=None)


def read(state: State, seq: int, left: int) -> State:
    """Staff have seen everything up to `seq`; `left` messages of the customer came later."""
    return structs.replace(state, read_seq=max(state.read_seq, seq), unread=left)


def closed(state: State) -> State:
    """It has been dealt with, so nothing waits."""
    return structs.replace(state, status="closed", read_seq=state.last_seq, unread=0, waiting=None)


def reopened(state: State) -> State:
    return structs.replace(state, status="open")


def assigned(state: State, assignee: str | None) -> State:
    return structs.replace(state, assignee=assignee)


class Staff(msgspec.Struct, frozen=True):
    """A member of the staff."""

    id: Annotated[str, about("user id")] = msgspec.field(name="_id")
    name: Annotated[str, about("their name, else their e-mail")]


class ListedMessage(msgspec.Struct, frozen=True):
    id: str
    seq: int
    senderId: str
    senderName: str
    text: str
    time: str
    attachments: int | UnsetType = UNSET


class Conversation(msgspec.Struct, frozen=True):
    """One customer who has booked or written. `seq` is the number of the event that last told of this row: a page
    that has seen a higher one about it knows better, one that has not takes the row."""

    id: str = msgspec.field(name="_id")
    firstName: str
    lastName: str
    email: str
    image: str | None
    lastLoginAt: str | None
    status: str
    assignee: Staff | None
    unread: int
    waiting: int | None
    waitingSince: str | None
    activity: int
    lastMessage: ListedMessage | None
    seq: int


class ConversationQuery(msgspec.Struct, frozen=True):
    """`after` is a cursor that the list gave."""

    filter: str = "open"
    unread: bool = False
    after: str | None = None
    limit: int = PAGE
    room_id: str | None = None


class Counts(msgspec.Struct, frozen=True):
    """Conversations behind each filter, and of the open ones those with something unread."""

    open: int
    mine: int
    unassigned: int
    closed: int
    unread: int


class ConversationPage(msgspec.Struct, frozen=True):
    """As of the journal's number `seq`: who is not in it, and was not told of since, is not in the list any more."""

    rows: list[Conversation]
    has_more: bool
    cursor: str | None
    counts: Counts
    seq: int


class Change(msgspec.Struct, frozen=True):
    """What staff want of a conversation; UNSET leaves it. `seq`: the last message that they have seen."""

    status: Status | msgspec.UnsetType = msgspec.UNSET
    assignee: str | msgspec.UnsetType | None = msgspec.UNSET
    seq: int | None = None


class FoundMessage(msgspec.Struct, frozen=True):
    """`text` is an excerpt; `seq` and `roomId` say where the whole of it is."""

    id: str
    seq: int
    roomId: str
    userName: str
    senderId: str
    senderName: str
    text: str
    time: str


class FoundPerson(msgspec.Struct, frozen=True):
    id: str = msgspec.field(name="_id")
    firstName: str
    lastName: str
    email: str


class Found(msgspec.Struct, frozen=True):
    """`people` on the first page only."""

    people: list[FoundPerson]
    messages: list[FoundMessage]
