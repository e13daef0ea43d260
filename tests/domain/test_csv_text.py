"""CSV that nobody can hide a formula in."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevia.domain.csv_text import BOM, line


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_what_begins_like_a_formula_is_text(cell: str) -> None:
    assert line([cell]) == f'"\'{cell}"\r\n'


def test_quotes_commas_and_line_ends_stay_in_their_cell() -> None:
    assert line(['say "no"', "a,b", "two\nlines", None, 3, True]) == '"say ""no""","a,b","two\nlines","","3","True"\r\n'


@given(st.lists(st.text(), min_size=1))
def test_any_text_comes_back_whole_and_harmless(cells: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(line(cells), newline=""))
    assert [cell.removeprefix("'") for cell in read] == [cell.removeprefix("'") for cell in cells]
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@")) for cell in read)


def test_the_mark_says_utf_8() -> None:
    assert BOM.encode() == b"\xef\xbb\xbf"
