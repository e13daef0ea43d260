"""Saved replies over HTTP, for staff."""

from typing import Annotated, Any

import msgspec

from carevia.api.http import Answer, ok
from carevia.api.payload import CONTROLS, Nothing, described
from carevia.api.policy import Call, Route
from carevia.domain.chat import LONGEST_TEXT
from carevia.domain.saved_replies import LONGEST_SHORTCUT, SavedReply
from carevia.service.saved_replies import SavedReplies


class ReplyToSave(msgspec.Struct):
    shortcut: Annotated[str, described(maxLength=LONGEST_SHORTCUT, pattern=rf"^[^\s/{CONTROLS}]+$")]
    text: Annotated[str, described(maxLength=LONGEST_TEXT, pattern=f"^[^{CONTROLS}]*[^\\s{CONTROLS}][^{CONTROLS}]*$")]
    id: str | None = None


class ReplyToRemove(msgspec.Struct):
    id: str


class SavedReplyRoutes:
    def __init__(self, replies: SavedReplies) -> None:
        self._replies = replies

    def routes(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/chat/reply",
                summary="Saved replies, by their shortcuts.",
                handler=self.all,
                policy="staff",
                query=Nothing,
                body=Nothing,
                answer=list[SavedReply],
            ),
            Route(
                method="POST",
                path="/api/chat/reply",
                summary="Save a reply for all staff; with an id, change the one that is there.",
                handler=self.save,
                policy="staff",
                query=Nothing,
                body=ReplyToSave,
                answer=SavedReply,
                errors=(404, 409),
            ),
            Route(
                method="POST",
                path="/api/chat/reply/remove",
                summary="Remove a saved reply, for all staff.",
                handler=self.remove,
                policy="staff",
                query=Nothing,
                body=ReplyToRemove,
                answer=Nothing,
                errors=(404,),
            ),
        ]

    async def all(self, _: Call[Nothing, Nothing]) -> Answer:
        return ok(await self._replies.all())

    async def save(self, call: Call[Nothing, ReplyToSave]) -> Answer:
        given = call.body
        return ok(await self._replies.save(call.viewer, given.id, given.shortcut, given.text))

    async def remove(self, call: Call[Nothing, ReplyToRemove]) -> Answer:
        await self._replies.remove(call.body.id)
        return ok({})
