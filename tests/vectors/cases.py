"""Every action of the system, as it is told to the pages. What stands before `yield` is there already.

A new action is a new function here, and `python -m tests.vectors.make` (from the project's folder, with `src` on the
path) writes the file that Python and the browser's reducers are held to. Its name is the case's.
"""

from collections.abc import AsyncIterator, Callable
from typing import Final

from tests.service.test_event_order import event_of
from tests.vectors.stage import Stage

Case = Callable[[Stage], AsyncIterator[None]]
CASES: Final[list[Case]] = []


def case(function: Case) -> Case:
    CASES.append(function)
    return function


@case
async def a_customer_pays(stage: Stage) -> AsyncIterator[None]:
    yield
    await stage.pay("u1")


@case
async def a_customer_with_one_word_as_a_name_pays(stage: Stage) -> AsyncIterator[None]:
    yield
    await stage.pay("u2", name="Rokeya")


@case
async def a_customer_with_many_names_pays(stage: Stage) -> AsyncIterator[None]:
    yield
    await stage.pay("u2", name="  Syeda  Nur   Jahan Begum ")


@case
async def a_customer_pays_again(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    await stage.pay("u2")
    yield
    await stage.pay("u1")


@case
async def a_customer_without_a_name_pays_again_and_gives_it(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u2", name="")
    yield
    await stage.pay("u2", name="Rokeya Begum")


@case
async def a_site_tells_the_name_of_a_customer_without_one(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u2", name="")
    await stage.pay("u2", name="", tracking="CV-SITE0003")
    yield
    await stage.site("u2", "CV-SITE0003", "2500")


@case
async def a_customer_without_a_name_writes_and_gives_it(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1", name="")
    yield
    await stage.write("u1", "Here I am")


@case
async def two_customers_pay(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u3")
    yield
    await stage.pay("u1")
    await stage.pay("u2")


@case
async def a_notice_comes_twice(stage: Stage) -> AsyncIterator[None]:
    event = await stage.pay("u1")
    yield
    await stage.stripe(event)


@case
async def a_delayed_payment_succeeds(stage: Stage) -> AsyncIterator[None]:
    await stage.stripe(event_of("completed unpaid", "u1"))
    yield
    await stage.stripe(event_of("async succeeded", "u1"))


@case
async def a_payment_names_no_customer(stage: Stage) -> AsyncIterator[None]:
    event = event_of("completed", "u1")
    event["data"]["object"]["metadata"] = {}
    await stage.pay("u2")
    yield
    await stage.stripe(event)


@case
async def a_site_tells_of_a_booking(stage: Stage) -> AsyncIterator[None]:
    yield
    await stage.site("u1", "CV-SITE0001", "2500")


@case
async def the_provider_confirms_what_a_site_told(stage: Stage) -> AsyncIterator[None]:
    await stage.site("u1", "CV-SITE0001", "2500")
    yield
    await stage.pay("u1", tracking="CV-SITE0001")


@case
async def a_site_completes_what_the_provider_told(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1", tracking="CV-SITE0001")
    yield
    await stage.site("u1", "CV-SITE0001", "3000")


@case
async def a_sweep_finds_another_amount_at_the_provider(stage: Stage) -> AsyncIterator[None]:
    event = await stage.pay("u1")
    await stage.pay("u2")
    yield
    await stage.sweep(event["data"]["object"] | {"amount_total": 350_000})


def _follows(kind: str, *before: str) -> None:
    """What becomes of the money of a booking after `before`."""

    async def told(stage: Stage) -> AsyncIterator[None]:
        for earlier in ("completed", *before):
            await stage.stripe(event_of(earlier, "u1"))
        await stage.pay("u2")
        yield
        await stage.stripe(event_of(kind, "u1"))

    told.__name__ = f"a payment is {kind}".replace("is dispute", "has its dispute")
    case(told)


_follows("refunded partly")
_follows("refunded fully")
_follows("refunded fully", "refunded partly")
CASES[-1].__name__ += " after partly"
_follows("dispute created")
_follows("dispute closed", "dispute created")
_follows("expired")
_follows("payment failed")
_follows("async failed")


@case
async def money_that_was_refunded_before_its_booking_was_told(stage: Stage) -> AsyncIterator[None]:
    await stage.stripe(event_of("refunded fully", "u1"))
    yield
    await stage.stripe(event_of("completed", "u1"))


@case
async def a_customer_writes(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    await stage.pay("u2")
    yield
    await stage.write("u1", "Is somebody there?")


@case
async def a_customer_writes_who_has_not_booked(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u2")
    yield
    await stage.write("u1", "Do you come on Fridays?")


@case
async def a_customer_writes_twice_and_sends_one_again(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    await stage.write("u1", "First")
    yield
    await stage.write("u1", "Second", id="again")
    await stage.write("u1", "Second", id="again")


@case
async def staff_answer(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    await stage.pay("u2")
    await stage.write("u1", "Is somebody there?")
    yield
    await stage.answer("u1", "Yes, good morning.")


@case
async def a_customer_says_something_on_a_socket(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    yield
    await stage.emit("the customer", "Is somebody there?")


@case
async def staff_say_something_on_a_socket(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    yield
    await stage.emit("a desk that reads", "Good morning.")


@case
async def a_conversation_is_read(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    await stage.pay("u2")
    await stage.write("u1", "Is somebody there?")
    await stage.pay("u2")
    yield
    await stage.read("u1")


@case
async def a_message_reaches_the_customer_s_phone(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    await stage.answer("u1", "Good morning.")
    await stage.answer("u1", "Ayesha comes at 7:50.")
    yield
    await stage.confirm("the customer", delivered=True)


@case
async def a_customer_sees_what_was_answered_and_staff_what_was_asked(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    await stage.write("u1", "Who will come?")
    await stage.answer("u1", "Ayesha, at 7:50.")
    yield
    await stage.confirm("a desk that reads", seen=True)
    await stage.confirm("the customer", delivered=True)
    await stage.confirm("the customer", seen=True)


@case
async def something_is_seen_and_more_is_said(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    await stage.answer("u1", "Good morning.")
    yield
    await stage.confirm("the customer", seen=True)
    await stage.answer("u1", "Are you there?")


@case
async def staff_write_a_private_note(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    await stage.write("u1", "Is somebody there?")
    yield
    await stage.note("u1", "She has called before.")


@case
async def a_customer_sends_a_picture(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    yield
    await stage.send_picture("u1", "The door")


@case
async def somebody_reads_who_came_before_another_who_waits(stage: Stage) -> AsyncIterator[None]:
    await stage.write("u1", "First")
    await stage.write("u3", "Second")
    yield
    await stage.read("u3")
    await stage.answer("u1", "Good morning.")


@case
async def a_conversation_is_assigned(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u1")
    yield
    await stage.change("u1", assignee="s1")


@case
async def a_conversation_is_closed_over_what_was_written(stage: Stage) -> AsyncIterator[None]:
    await stage.pay("u2")
    await stage.write("u1", "Thank you")
    yield
    await stage.change("u1", status="closed")


@case
async def a_closed_conversation_is_opened_by_hand_by_a_message_and_by_a_booking(stage: Stage) -> AsyncIterator[None]:
    for user in ("u1", "u2", "u3"):
        await stage.pay(user)
        await stage.change(user, status="closed")
    yield
    await stage.change("u1", status="open")
    await stage.write("u3", "One more thing")
    await stage.pay("u2")
