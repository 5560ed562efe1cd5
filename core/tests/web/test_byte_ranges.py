"""Conditions and ranges of a download."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from portico.web.byte_ranges import Bytes, NotModified, NotSatisfiable, choose, http_date
from werkzeug.datastructures import Headers

ETAG = '"abc"'
CHANGED = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SIZE = 1000


def ask(method="GET", size=SIZE, **headers):
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return choose(method, named, etag=ETAG, modified=CHANGED, size=size)


def test_without_conditions_the_whole_file_is_sent():
    assert ask() == Bytes(0, SIZE)


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-", 500, 1000),
        ("bytes=-200", 800, 1000),
        ("bytes=-5000", 0, 1000),
        ("bytes=999-999", 999, 1000),
        ("bytes=10-99999", 10, 1000),
        ("Bytes = 0-0".replace(" ", ""), 0, 1),
    ],
)
def test_one_range_is_sent_as_such(wanted, start, end):
    assert ask(Range=wanted) == Bytes(start, end, partial=True)


@pytest.mark.parametrize("wanted", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_behind_the_end_is_not_satisfiable(wanted):
    assert ask(Range=wanted) == NotSatisfiable()


@pytest.mark.parametrize(
    "wanted",
    [
        "", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "items=0-1", "bytes=0-1,5-6",
        "bytes=" + "9" * 5000 + "-", "bytes=--1",
    ],
)  # fmt: skip
def test_what_is_no_range_is_left_out_of_account(wanted):
    assert ask(Range=wanted) == Bytes(0, SIZE)


def test_a_head_request_has_no_range():
    assert ask("HEAD", Range="bytes=0-1") == Bytes(0, SIZE)


@pytest.mark.parametrize("known", [ETAG, f'"x", {ETAG}', f"W/{ETAG}", "*"])
def test_bytes_that_the_client_has_are_not_sent(known):
    assert ask(If_None_Match=known) == NotModified()
    assert ask(If_None_Match=known, Range="bytes=0-1") == NotModified()


def test_an_etag_counts_more_than_a_date():
    later = http_date(CHANGED + timedelta(days=1))
    assert ask(If_None_Match='"other"', If_Modified_Since=later) == Bytes(0, SIZE)


def test_bytes_that_have_not_changed_since_are_not_sent():
    assert ask(If_Modified_Since=http_date(CHANGED)) == NotModified()
    assert ask(If_Modified_Since=http_date(CHANGED - timedelta(seconds=1))) == Bytes(0, SIZE)
    assert ask(If_Modified_Since="yesterday") == Bytes(0, SIZE)


@pytest.mark.parametrize(
    ("condition", "partial"),
    [
        (ETAG, True),
        (f"W/{ETAG}", False),
        ('"other"', False),
        (http_date(CHANGED), True),
        (http_date(CHANGED - timedelta(days=1)), False),
        ("nonsense", False),
    ],
)
def test_a_part_is_only_sent_of_the_file_that_the_client_began_with(condition, partial):
    expected = Bytes(10, SIZE, partial=True) if partial else Bytes(0, SIZE)
    assert ask(Range="bytes=10-", If_Range=condition) == expected


@given(st.text(alphabet="bytes=0123456789-, ", max_size=40), st.integers(1, 10**6))
def test_no_header_leads_outside_the_file(wanted, size):
    answer = ask(size=size, Range=wanted)
    assert isinstance(answer, NotSatisfiable) or 0 <= answer.start < answer.end <= size
