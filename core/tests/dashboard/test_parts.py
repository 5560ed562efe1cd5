"""What every section is built of: forms, lists, CSV."""

import csv
import io
from enum import StrEnum
from typing import Annotated

import pytest
from portico.web.dashboard.exports import csv_answer, written
from portico.web.dashboard.forms import (
    Amount,
    EmailAddress,
    Form,
    amount_text,
    parse_amount,
    shown,
    submitted,
    version_of,
)
from portico.web.dashboard.here import Here
from portico.web.dashboard.lists import ListFilter, filter_of, url_with
from portico.web.paging import Cursor, page_of
from pydantic import Field


class Size(StrEnum):
    SMALL = "small"


class ShirtForm(Form):
    title: Annotated[str, Field(max_length=5)]
    price: Amount
    mail: EmailAddress | None = None
    sold: bool = False
    sizes: tuple[Size, ...] = ()


async def send(app, fields):
    async with app.test_request_context("/", method="POST", form=fields):
        return await submitted(ShirtForm, currency="EUR")


async def test_a_form_is_checked_field_by_field(app):
    good = await send(app, {"title": " Tee ", "price": "12,50", "sold": "1", "sizes": "small"})
    assert good.data == ShirtForm.model_construct(
        title="Tee", price=1250, mail=None, sold=True, sizes=(Size.SMALL,)
    )
    bad = await send(app, {"title": "Too long", "price": "much", "mail": "x", "sizes": "huge"})
    assert bad.data is None
    assert set(bad.errors) == {"title", "price", "mail", "sizes"}
    assert bad.errors["title"] == "Use at most 5 characters."
    assert bad.values["price"] == "much"
    assert (await send(app, {})).errors == {"title": "Fill this in.", "price": "Fill this in."}


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12.50", "EUR", 1250), ("12,5", "EUR", 1250), ("1,250.00", "EUR", 125000),
        ("1.250,00", "EUR", 125000), ("1,250", "EUR", 125000), ("5000", "JPY", 5000),
        ("0", "EUR", 0), ("1.234", "KWD", 1234),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(text, currency, amount):
    assert parse_amount(text, currency) == amount
    assert parse_amount(amount_text(amount, currency), currency) == amount


@pytest.mark.parametrize("text", ["", ".", "-1", "1e3", "NaN", "Infinity", "1.2.3,4x", "9" * 20])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="such as 12"):
        parse_amount(text, "EUR")


async def test_the_second_who_saves_is_told_and_keeps_what_they_typed(app):
    first = {"title": "Tee", "price": "5", "mail": ""}
    version = shown(first).version
    sent = {"title": "Mine", "price": "5", "form_version": version}
    assert (await send(app, sent)).against(first).data is not None
    told = (await send(app, sent)).against(first | {"title": "Hers"})
    assert told.data is None
    assert (told.values["title"], told.conflicts) == ("Mine", {"title": "Hers"})
    again = sent | {"form_version": told.version}
    assert (await send(app, again)).against(first | {"title": "Hers"}).data is not None


def test_a_version_tells_no_values():
    assert "secret" not in version_of({"a": "secret"})


class ShirtFilter(ListFilter):
    size: Size | None = None


async def test_a_filter_lives_in_the_address(app):
    wanted = filter_of(ShirtFilter, {"q": " red ", "size": "huge", "before": "x"})
    assert wanted == ShirtFilter(q="red")
    async with app.test_request_context("/shirts"):
        assert url_with(wanted, size="small") == "/shirts?q=red&size=small"
        assert url_with(wanted, q=None) == "/shirts"


def test_pages_go_both_ways():
    rows = [9, 8, 7, 6, 5, 4, 3, 2, 1]
    first = page_of(rows[:4], Cursor(), 3, key=str)
    assert (first.rows, first.newer, first.older) == ((9, 8, 7), None, {"before": "7"})
    second = page_of(rows[3:7], Cursor("before", "7"), 3, key=str)
    assert (second.rows, second.newer) == ((6, 5, 4), {"after": "6"})
    back = page_of([7, 8, 9], Cursor("after", "6"), 3, key=str)
    assert (back.rows, back.newer, back.older) == ((9, 8, 7), None, {"before": "7"})


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")']
)
def test_no_cell_is_a_formula(cell):
    ((read,),) = csv.reader(io.StringIO(written([[cell]]).decode(), newline=""))
    assert read == f"'{cell}"


def test_cells_are_quoted_and_numbers_stay():
    assert written([["a,b", 'c"d', -5, None, "ü"]]).decode() == '"a,b","c""d",-5,,ü\r\n'


async def test_an_export_is_streamed_and_noted(app, runtime, store, team):
    seller = team[next(iter(team))]

    async def pages():
        yield [["1", "=x"]]
        yield [["2", "y"]]

    async with app.test_request_context("/"):
        at = Here(runtime, store, seller, None, None)
        response = await csv_answer(at, "orders", ["n", "v"], pages())
        text = b"".join([part async for part in response.response]).decode()
    assert text == "n,v\r\n1,'=x\r\n2,y\r\n"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="shop-orders-')
