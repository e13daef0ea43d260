"""The desk's list of conversations over HTTP: what is in it, changes of it, who may be assigned, and search."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from carevia.api.http import Answer, ok
from carevia.api.payload import Nothing, described
from carevia.api.policy import Call, Route
from carevia.domain.conversations import (
    FOUND,
    LARGEST_PAGE,
    MOST_FOUND,
    PAGE,
    Change,
    Conversation,
    ConversationQuery,
    Counts,
    Filter,
    Found,
    Staff,
    Status,
)
from carevia.service.conversations import Conversations

_Id = Annotated[str, Meta(min_length=1, max_length=128)]
_Assignee = Annotated[str, Meta(max_length=128, description="user id of a member of staff")]
_Cursor = Annotated[str, described(pattern="^[aw][0-9]{1,18}$", description="the nextAfter of the page before")]
_Seen = Annotated[int, Meta(ge=0, le=2**53, description="the last message seen; 409 where a later one came")]


class ConversationListQuery(msgspec.Struct):
    filter: Filter = "open"
    unread: bool = False
    after: _Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE)] = PAGE
    roomId: Annotated[str, Meta(min_length=1, max_length=128, description="this one row only")] | None = None


class ChangeBody(msgspec.Struct):
    roomId: _Id
    status: Status | UnsetType = UNSET
    assignee: _Assignee | UnsetType | None = UNSET
    seq: _Seen | None = None


class SearchQuery(msgspec.Struct):
    q: Annotated[str, Meta(min_length=1, max_length=1000, description="its first 200 characters")]
    before: Annotated[int, Meta(ge=1, le=2**53, description="seq of the last message of the page before")] | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_FOUND)] = FOUND


class ConversationRoutes:
    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def routes(self) -> list[Route[Any, Any]]:
        return [*self._list(), *self._beside()]

    def _list(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/chat/conversation",
                summary="Everybody who has booked or written: who waits for an answer first, longest first, then by "
                "last activity. Paged: hasMore and nextAfter beside data, counts of each filter, seq (the "
                "newest event that it knows).",
                handler=self.show,
                policy="staff",
                query=ConversationListQuery,
                body=Nothing,
                answer=list[Conversation],
                beside={"hasMore": bool, "nextAfter": str | None, "counts": Counts, "seq": int},
                errors=(404,),
            ),
            Route(
                method="POST",
                path="/api/chat/conversation",
                summary="Assign a conversation, close it or open it again; answers its row.",
                handler=self.change,
                policy="staff",
                query=Nothing,
                body=ChangeBody,
                answer=Conversation,
                errors=(404, 409, 503),
            ),
        ]

    def _beside(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/chat/staff",
                summary="Who a conversation can be assigned to.",
                handler=self.staff,
                policy="staff",
                query=Nothing,
                body=Nothing,
                answer=list[Staff],
            ),
            Route(
                method="GET",
                path="/api/chat/search",
                summary="People by name, e-mail and tracking id, and messages by their words, newest first. Paged: "
                "hasMore beside data.",
                handler=self.find,
                policy="staff",
                query=SearchQuery,
                body=Nothing,
                answer=Found,
                beside={"hasMore": bool},
            ),
        ]

    async def show(self, call: Call[ConversationListQuery, Nothing]) -> Answer:
        asked = call.query
        query = ConversationQuery(asked.filter, asked.unread, asked.after, asked.limit, asked.roomId)
        page = await self._conversations.page(call.viewer, query)
        return ok(page.rows, hasMore=page.has_more, nextAfter=page.cursor, counts=page.counts, seq=page.seq)

    async def change(self, call: Call[Nothing, ChangeBody]) -> Answer:
        asked = call.body
        change = Change(asked.status, asked.assignee, asked.seq)
        return ok(await self._conversations.change(call.viewer, asked.roomId, change))

    async def staff(self, call: Call[Nothing, Nothing]) -> Answer:
        return ok(await self._conversations.staff())

    async def find(self, call: Call[SearchQuery, Nothing]) -> Answer:
        asked = call.query
        found, more = await self._conversations.find(asked.q, asked.before, asked.limit)
        return ok(found, hasMore=more)
