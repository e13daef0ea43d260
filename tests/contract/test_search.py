"""The store's contract: texts are found by the words in them."""

from collections.abc import Callable
from functools import partial

import pytest

from carevia.domain.search import words
from carevia.errors import BadInput
from carevia.store.store import Store
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.contract.works import opened

TEXTS = {
    2: "বুকিংয়ের তারিখ কবে?",
    3: "I PAID for the বুকিং, why is it 'pending'?",
    5: "আমি টাকা দিয়েছি। বুকিং নম্বর ৪২৭",
    8: "Crème brûlée & paidless: half\u0000hidden \\ back",
    9: "x" * 9_000 + " বুকিংটা",
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("বুকিং", [9, 5, 3, 2]),  # by their beginning, which is also how Bengali inflects
        ("বুক", [9, 5, 3, 2]),
        ("কিং", []),
        ("বুকিং টাকা", [5]),
        ("দিয\u09bcেছি", [5]),  # another keyboard's spelling
        ("৪২৭", [5]),
        ("paid", [8, 3]),
        ("PAID why pend", [3]),
        ("creme BRULEE", [8]),
        ("crème", [8]),
        ("'pending' \\ | ! & <-> :*", [3]),  # nothing is an operator
        ("hidden", [8]),
        ("x" * 200, [9]),
        ("nothing", []),
    ],
)
def test_texts_are_found_by_the_beginning_of_their_words(
    make: Callable[[], Store], query: str, found: list[int]
) -> None:
    async def main() -> None:
        async with opened(make) as store:
            for seq, text in TEXTS.items():
                await store.write(partial(lambda tx, seq, text: tx.index_text(seq, text), seq=seq, text=text))
            assert await store.read(lambda tx: tx.find_texts(words(query), None, 10)) == found
            for most in (1, 2):
                page: list[int] = []
                while more := await store.read(
                    lambda tx: tx.find_texts(words(query), page[-1] if page else None, most)  # noqa: B023
                ):
                    page += more
                assert page == found

    run(main())


def test_a_text_is_findable_with_the_commit_of_its_work_and_else_never(make: Callable[[], Store]) -> None:
    def fails(tx: Transaction) -> None:
        tx.index_text(1, "forgotten")
        assert tx.find_texts(["forgotten"], None, 9) == [1]
        raise BadInput("no")

    async def main() -> None:
        async with opened(make) as store:
            with pytest.raises(BadInput):
                await store.write(fails)
            assert await store.read(lambda tx: tx.find_texts(["forgotten"], None, 9)) == []
            await store.write(lambda tx: tx.index_text(1, "kept"))
            assert await store.read(lambda tx: tx.find_texts(["kept"], None, 9)) == [1]

    run(main())
