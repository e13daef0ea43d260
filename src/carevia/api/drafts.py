"""Drafts over HTTP: each person's own."""

from typing import Annotated, Any

import msgspec

from carevia.api.http import Answer, ok
from carevia.api.payload import CONTROLS, Nothing, described
from carevia.api.policy import Call, Route
from carevia.domain.chat import LONGEST_TEXT
from carevia.domain.drafts import Draft
from carevia.domain.people import USER_ID, check_writer
from carevia.service.drafts import Drafts

_Writer = Annotated[str | None, msgspec.Meta(description="Refused where somebody else is signed in by now.")]


class DraftsOf(msgspec.Struct):
    as_: _Writer = msgspec.field(default=None, name="as")


class DraftToKeep(msgspec.Struct):
    roomId: Annotated[str, described(pattern=f"^{USER_ID}$")]
    text: Annotated[str, described(maxLength=LONGEST_TEXT, pattern=f"^[^{CONTROLS}]*$")]
    note: bool = False
    as_: _Writer = msgspec.field(default=None, name="as")


class DraftRoutes:
    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts

    def routes(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/chat/draft",
                summary="What whoever asks has begun to write, newest first.",
                handler=self.own,
                policy="customer",
                query=DraftsOf,
                body=Nothing,
                answer=list[Draft],
                errors=(403,),
            ),
            Route(
                method="POST",
                path="/api/chat/draft",
                summary="Keep what is begun, a message or with `note` a private note; an empty text ends it.",
                handler=self.keep,
                policy="customer",
                query=Nothing,
                body=DraftToKeep,
                answer=Nothing,
                errors=(404,),
            ),
        ]

    async def own(self, call: Call[DraftsOf, Nothing]) -> Answer:
        check_writer(call.viewer, call.query.as_)
        return ok(await self._drafts.of(call.viewer))

    async def keep(self, call: Call[Nothing, DraftToKeep]) -> Answer:
        given = call.body
        check_writer(call.viewer, given.as_)
        await self._drafts.keep(call.viewer, Draft(given.roomId, given.note, given.text))
        return ok({})
