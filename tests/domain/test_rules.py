"""The small rules: money, ids, people, text, times, names, queries, chat."""

import json
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevia.domain.bookings import BookingQuery, read_booking_query
from carevia.domain.chat import check_message, check_own_room, for_customer, shown_sender
from carevia.domain.ids import CROCKFORD, row_id, tracking_id, tracking_id_from, valid_tracking_id
from carevia.domain.lists import pages
from carevia.domain.money import MOST, digits, major, minor, valid_amount, valid_currency
from carevia.domain.payment_lists import PaymentQuery, read_payment_query
from carevia.domain.people import Person, split_name, valid_user_id
from carevia.domain.text import is_clean, like_pattern, tidy
from carevia.domain.times import iso
from carevia.errors import BadInput, NotFound

STAFF = Person("s1", "admin", name="Sumaiya")
CUSTOMER = Person("u1", "user", name="Nusrat")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (300_000, "bdt", "3000"),
        (300_050, "bdt", "3000.50"),
        (5, "bdt", "0.05"),
        (0, "bdt", "0"),
        (3000, "jpy", "3000"),
        (1500, "kwd", "1.500"),
        (-250, "usd", "-2.50"),
    ],
)
def test_money_in_major_units(amount: int, currency: str, text: str) -> None:
    assert major(amount, currency) == text


@given(st.integers(0, MOST), st.sampled_from(["bdt", "usd", "jpy", "kwd", "xyz"]))
def test_money_round_trip(amount: int, currency: str) -> None:
    assert minor(major(amount, currency), currency) == amount


@pytest.mark.parametrize("text", ["", "-1", "1.", ".5", "1e5", "NaN", "1,000", "٣", "1.234", "9" * 17, "abc", "1 2"])
def test_what_is_no_money_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        minor(text, "bdt")


@pytest.mark.parametrize("currency", ["jpy", "bdt", "kwd"])
def test_more_than_any_price_is_a_value_error(currency: str) -> None:
    assert minor(major(MOST, currency), currency) == MOST
    with pytest.raises(ValueError, match="larger than any price"):
        minor(major(MOST + 1, currency), currency)


def test_trailing_zeros_are_no_finer_money() -> None:
    assert minor("3000.500000", "bdt") == 300_050
    assert digits("vnd") == 0


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (0, True),
        (1, True),
        (MOST, True),
        (MOST + 1, False),
        (-1, False),
        (True, False),
        ("1", False),
        (1.0, False),
        (None, False),
    ],
)
def test_amounts_are_integers_that_make_sense(value: object, good: bool) -> None:
    assert valid_amount(value) is good


def test_currencies_are_three_small_letters() -> None:
    assert valid_currency("bdt")
    assert not any(map(valid_currency, ["BDT", "bd", "bdtt", "", None, 3, "bd1", "bdt\n"]))


@pytest.mark.parametrize("text", ["u1", "68f0c2a9e4b0a1b2c3d4e5f6", "auth0|abc", "a@b.example", "a" * 128])
def test_user_ids(text: str) -> None:
    assert valid_user_id(text)


@pytest.mark.parametrize("text", ["", "desk", "a" * 129, "a/b", "a b", "é", "a\n", "\ud800", None, 7, ["u1"]])
def test_what_is_no_user_id(text: object) -> None:
    assert not valid_user_id(text)


@given(st.binary(min_size=5, max_size=5))
def test_tracking_ids_are_cv_and_eight_of_crockford(five: bytes) -> None:
    made = tracking_id(lambda count: five[:count])
    assert re.fullmatch(f"CV-[{CROCKFORD}]{{8}}", made)
    assert valid_tracking_id(made)


def test_derived_tracking_ids_are_stable_and_differ_by_attempt() -> None:
    assert tracking_id_from("msg_1") == tracking_id_from("msg_1") != tracking_id_from("msg_1", 1)


def test_row_ids_hold_80_bits_behind_the_time_so_that_they_come_in_order() -> None:
    assert len({row_id("bk", os.urandom, 1) for _ in range(100)}) == 100
    assert re.fullmatch(r"bk_[0-9a-f]{32}", row_id("bk", os.urandom, 1_800_000_000_000))
    assert row_id("bk", os.urandom, 1_799_999_999_999) < row_id("bk", os.urandom, 1_800_000_000_000)


@pytest.mark.parametrize(
    ("text", "good"),
    [("CV1a2b3c", True), ("x", True), ("", False), (" x", False), ("x" * 65, False), ("<b>", False), (3, False)],
)
def test_foreign_tracking_ids(text: object, good: bool) -> None:
    assert valid_tracking_id(text) is good


@given(st.text(alphabet=st.characters(), max_size=50) | st.none() | st.integers(), st.integers(1, 20))
def test_tidy_text_can_always_be_stored(value: object, most: int) -> None:
    text = tidy(value, most)
    if text is not None:
        assert 1 <= len(text) <= most
        assert is_clean(text) and "\n" not in text
        assert json.loads(json.dumps(text).encode()) == text
        text.encode()


def test_tidy_takes_out_what_does_harm_and_keeps_the_rest() -> None:
    assert tidy("  নুসরাত\x00 \ud800জাহান\n", 50) == "নুসরাত জাহান"
    assert tidy("x" * 10_000_000, 5) == "xxxxx"
    assert tidy(" \x00 ", 5) is None


def test_like_patterns_take_wildcards_literally() -> None:
    assert like_pattern("50%_\\") == "%50\\%\\_\\\\%"


def test_times_are_iso_with_milliseconds() -> None:
    assert iso(0) == "1970-01-01T00:00:00.000Z"
    assert iso(1_795_408_215_007) == "2026-11-23T04:30:15.007Z"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Nusrat Jahan", ("Nusrat", "Jahan")),
        ("A B C", ("A B", "C")),
        ("Mitu", ("Mitu", "")),
        (None, ("", "")),
        ("", ("", "")),
    ],
)
def test_names_are_split_at_the_last_space(name: str | None, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


def test_an_empty_query_asks_for_everything() -> None:
    assert (
        read_booking_query({})
        == BookingQuery()
        == read_booking_query({"status": "", "search": " ", "caregiver": "all"})
    )


def test_a_query_is_read() -> None:
    given_ = {"search": " nus ", "sortby": "price_low", "status": "booked", "duration": "days"}
    given_ |= {"caregiver": "unassigned", "division": "Dhaka", "page": "3", "limit": "100"}
    given_ |= {"userId": "u1", "after": "0", "upto": "12"}
    read = BookingQuery("nus", "price_low", "booked", "days", "unassigned", "Dhaka", "u1", 0, 12, 3, 100)
    assert read_booking_query(given_) == read
    assert read_payment_query({"page": "2", "status": "needs_look"}) == PaymentQuery(status="needs_look", page=2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sortby", "x"),
        ("status", "paid"),
        ("duration", "weeks"),
        ("caregiver", "me"),
        ("page", "0"),
        ("page", "x"),
        ("page", "-1"),
        ("limit", "101"),
        ("limit", "0"),
        ("limit", "٣"),
        ("limit", "9" * 30),
        ("after", "-1"),
        ("upto", "1e3"),
    ],
)
def test_a_wrong_word_is_refused_with_the_field_and_the_allowed_words(field: str, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_booking_query({field: value})
    assert caught.value.errors is not None
    assert [error["field"] for error in caught.value.errors] == [field]
    assert "must be" in caught.value.errors[0]["message"]


def test_pages() -> None:
    assert [pages(items, 20) for items in (0, 1, 20, 21)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("room", "id_", "text"),
    [
        ("desk", "1", "x"),
        ("u1", "", "x"),
        ("u1", "i" * 201, "x"),
        ("u1", "1\n", "x"),
        ("u1", "\ud800", "x"),
        ("u1", "1", ""),
        ("u1", "1", " \n"),
        ("u1", "1", "\u200b \u2060\u200e"),
        ("u1", "1", "x" * 10_001),
        ("u1", "1", "a\x00"),
        ("u1", "1", "\udc00"),
    ],
)
def test_messages_that_cannot_be_sent(room: str, id_: str, text: str) -> None:
    with pytest.raises(BadInput):
        check_message(room, id_, text)


def test_messages_at_the_limits_can_be_sent() -> None:
    check_message("u1", "i" * 200, "x" * 10_000)
    check_message("u1", "1795408215007-6f9619ff-8b86", "two\nlines\tand 🙂 বাংলা")
    check_message("u1", "1", "\u200fক\u200c")


def test_a_customer_has_one_conversation() -> None:
    check_own_room(CUSTOMER, "u1")
    check_own_room(STAFF, "u1")
    with pytest.raises(NotFound):
        check_own_room(CUSTOMER, "u2")


def test_staff_are_carevia_support_to_customers() -> None:
    assert shown_sender(CUSTOMER, "u1", "s1", "Sumaiya") == "Carevia Support"
    assert shown_sender(CUSTOMER, "u1", "u1", "Nusrat") == "Nusrat"
    assert shown_sender(STAFF, "u1", "s1", "Sumaiya") == "Sumaiya"
    mine = b'{"senderId":"u1","senderName":"Nusrat"}'
    assert for_customer(mine, "u1") == mine
    assert json.loads(for_customer(b'{"senderId":"s1","senderName":"Sumaiya","x":1}', "u1")) == {
        "senderId": "s1",
        "senderName": "Carevia Support",
        "x": 1,
    }
