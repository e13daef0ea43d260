"""Saved replies: shared, one per shortcut."""

from pathlib import Path

import pytest

from carevia.errors import BadInput, Conflict, NotFound
from tests.aio import run
from tests.service.house import STAFF, house


def test_replies_are_saved_changed_and_removed(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            replies = home.replies
            hello = await replies.save(STAFF, None, "hello", "Good morning.")
            thanks = await replies.save(STAFF, None, "ধন্যবাদ", "আপনাকে ধন্যবাদ।")
            changed = await replies.save(STAFF, hello.id, "hi", "Good day.")
            assert await replies.all() == [changed, thanks]
            await replies.remove(thanks.id)
            assert await replies.all() == [changed]

    run(main())


@pytest.mark.parametrize(("shortcut", "text"), [("x\x07", "x"), ("x", "x\0")])
def test_the_refusal_names_a_control_character(tmp_path: Path, shortcut: str, text: str) -> None:
    """A text of four characters was told that it must have 1 to 10,000."""

    async def main() -> None:
        async with house(tmp_path) as home:
            with pytest.raises(BadInput, match="control characters"):
                await home.replies.save(STAFF, None, shortcut, text)

    run(main())


def test_what_cannot_be_saved_changes_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            replies = home.replies
            hello = await replies.save(STAFF, None, "hello", "Good morning.")
            other = await replies.save(STAFF, None, "other", "Something.")
            for shortcut, text in (
                ("", "x"),
                ("two words", "x"),
                ("/x", "x"),
                ("x" * 41, "x"),
                ("x", " "),
                ("x", "x" * 10_001),
                ("x", "\0"),
            ):
                with pytest.raises(BadInput):
                    await replies.save(STAFF, None, shortcut, text)
            for id_ in (None, other.id):
                with pytest.raises(Conflict):
                    await replies.save(STAFF, id_, "hello", "taken")
            with pytest.raises(NotFound):
                await replies.save(STAFF, "re_none", "new", "text")
            with pytest.raises(NotFound):
                await replies.remove("re_none")
            assert await replies.all() == [hello, other]

    run(main())
