"""Conversations over HTTP: who has one, its history, and a message from whoever has no socket."""

import secrets
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from carevia.api.attachments import AttachmentRoutes
from carevia.api.drafts import DraftRoutes
from carevia.api.http import Answer, ok
from carevia.api.payload import CONTROLS, Nothing, described
from carevia.api.policy import Call, Route
from carevia.api.saved_replies import SavedReplyRoutes
from carevia.domain.attachments import MOST_OF_MESSAGE
from carevia.domain.chat import LARGEST_PAGE, LONGEST_ID, LONGEST_TEXT, PAGE, Message
from carevia.domain.people import USER_ID, Participant
from carevia.service.chat import Chat, SentMessage
from carevia.service.participants import PAGE as PARTICIPANTS
from carevia.service.participants import Participants
from carevia.service.talk import Talk

_Cursor = Annotated[str, described(pattern="^[0-9]{1,18}$", description="the nextBefore of the page before")]
_EMPTY = "may be empty where something is attached"


class HistoryQuery(msgspec.Struct):
    roomId: Annotated[str, Meta(min_length=1, max_length=128)]
    before: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE)] = PAGE


class ParticipantsQuery(msgspec.Struct):
    before: _Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=PARTICIPANTS)] = PARTICIPANTS


class NewMessage(msgspec.Struct):
    roomId: Annotated[str, described(pattern=f"^{USER_ID}$")]
    text: Annotated[str, described(maxLength=LONGEST_TEXT, pattern=f"^[^{CONTROLS}]*$", description=_EMPTY)]
    id: Annotated[str, described(minLength=1, maxLength=LONGEST_ID, pattern="^[!-~]+$")] | None = None
    attachments: Annotated[list[str], described(maxItems=MOST_OF_MESSAGE)] = []
    note: bool = False


class ChatRoutes:
    def __init__(self, chat: Chat, participants: Participants, now: Callable[[], int]) -> None:
        self._chat = chat
        self._participants = participants
        self._now = now

    def routes(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/chat/user/booking",
                summary="Everybody who has a booking, last activity first. Paged: hasMore and nextBefore beside data.",
                handler=self.participants,
                policy="staff",
                query=ParticipantsQuery,
                body=Nothing,
                answer=list[Participant],
                beside={"hasMore": bool, "nextBefore": str | None},
            ),
            Route(
                method="GET",
                path="/api/chat/message",
                summary="A conversation's history, oldest first; the newest page without `before`; hasMore beside.",
                handler=self.history,
                policy="customer",
                query=HistoryQuery,
                body=Nothing,
                answer=list[Message],
                beside={"hasMore": bool},
                errors=(404,),
            ),
            Route(
                method="POST",
                path="/api/chat/message",
                summary="Say something, with `note` to staff only; the same id again gives the same answer.",
                handler=self.send,
                policy="customer",
                query=Nothing,
                body=NewMessage,
                answer=SentMessage,
                errors=(404, 503),
            ),
        ]

    async def participants(self, call: Call[ParticipantsQuery, Nothing]) -> Answer:
        rows, has_more, cursor = await self._participants.list(call.query.limit, call.query.before)
        return ok(rows, hasMore=has_more, nextBefore=cursor)

    async def history(self, call: Call[HistoryQuery, Nothing]) -> Answer:
        query = call.query
        messages, has_more = await self._chat.history(call.viewer, query.roomId, query.before, query.limit)
        return ok(messages, hasMore=has_more)

    async def send(self, call: Call[Nothing, NewMessage]) -> Answer:
        given = call.body
        id_ = given.id if given.id is not None else f"{self._now()}-{secrets.token_hex(16)}"
        files = given.attachments
        return ok(await self._chat.send(call.viewer, given.roomId, id_, given.text, attachments=files, note=given.note))


def talk_routes(talk: Talk, now: Callable[[], int]) -> list[Route[Any, Any]]:
    """Everything about conversations that goes over HTTP."""
    return [
        *ChatRoutes(talk.chat, talk.participants, now).routes(),
        *AttachmentRoutes(talk.attachments).routes(),
        *SavedReplyRoutes(talk.replies).routes(),
        *DraftRoutes(talk.drafts).routes(),
    ]
