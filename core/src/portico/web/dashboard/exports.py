"""Lists as CSV files, streamed, so that a million rows need no memory.

Quoting as RFC 4180 has it; what a spreadsheet would take for a formula is made a text
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from quart import Response

from portico.web.dashboard.here import Here

PAGE = 1000
"""Rows to read at once."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def csv_answer(
    at: Here,
    name: str,
    header: Sequence[str],
    pages: AsyncIterator[Sequence[Sequence[object]]],
) -> Response:
    """The file ``<store>-<name>-<date>.csv`` of these pages of rows; noted in the audit log.

    ``pages`` reads by keyset, ``PAGE`` rows at a time, and runs after the view has returned:
    everything it needs from the request must be in its arguments.
    """
    await at.audit("export", name, at.store.id)
    day = at.rt.clock.now().date().isoformat()
    response = Response(_lines(header, pages), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{at.store.slug}-{name}-{day}.csv"'
    )
    response.headers["Cache-Control"] = "no-store"
    response.timeout = None  # a large list takes longer than any page may
    return response


async def _lines(
    header: Sequence[str], pages: AsyncIterator[Sequence[Sequence[object]]]
) -> AsyncIterator[bytes]:
    yield written([header])
    async for rows in pages:
        yield written(rows)


def written(rows: Sequence[Sequence[object]]) -> bytes:
    """Rows as lines of a CSV file in UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows([[safe_cell(cell) for cell in row] for row in rows])
    return out.getvalue().encode()


def safe_cell(cell: object) -> str:
    """A cell as text that no spreadsheet runs. Numbers stay numbers, times are ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, int | float):
        return str(cell)
    text = cell.isoformat() if isinstance(cell, datetime) else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
