"""Taking over a business from elsewhere: what ``portico import`` runs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portico.hooks.context import Context
from portico.hooks.markers import contribution
from portico.stores.models import Mode


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import: the records of one mode."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class ImportStep:
    """How far an import is: ``step`` of ``steps`` is about ``what``, of which ``count`` records
    have been looked at."""

    step: int
    steps: int
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One kind of record in one currency ("" where there is no money in it), on both sides.

    What is there is here; or ``left_out``, or other than there by ``explained_sum`` in all, for
    reasons that are given. Of ``differs`` records nobody knows why: the sheet does not balance.
    Sums are in minor units.
    """

    what: str
    currency: str
    there: int
    there_sum: int
    here: int
    here_sum: int
    left_out: int
    left_out_sum: int
    explained_sum: int = 0
    differs: int = 0

    @property
    def balances(self) -> bool:
        """Whether every record, and all the money, is accounted for."""
        if self.differs:
            return False
        count = self.there - self.left_out
        amount = self.there_sum - self.left_out_sum - self.explained_sum
        return (count, amount) == (self.here, self.here_sum)


@dataclass(frozen=True, slots=True)
class SheetReason:
    """Why some records of a kind do not match; ``examples`` are the provider's references."""

    what: str
    why: str
    currency: str
    count: int
    amount: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True)
class ImportSheet:
    """What an import has taken over, compared record by record with where it came from."""

    finished_at: datetime | None
    lines: Sequence[SheetLine]
    reasons: Sequence[SheetReason]

    @property
    def balances(self) -> bool:
        """Whether all of it is accounted for."""
        return self.finished_at is not None and all(one.balances for one in self.lines)


@dataclass(frozen=True, slots=True)
class Importer:
    """``portico import <name>``: ``run`` works until all is taken over, and says how far it is.

    ``run`` begins where a run that did not come to its end has stopped, and run again takes over
    what is new and nothing twice. It uses ``ctx.past``, which mails nobody. ``sheet`` is what came
    of the last run; None before the first.
    """

    name: str
    title: str
    run: Callable[[Context, ImportRequest], AsyncIterator[ImportStep]]
    sheet: Callable[[Context, ImportRequest], Awaitable[ImportSheet | None]]


class ImportHooks:
    """Taking over a business from another system."""

    @contribution
    def importers(self) -> list[Importer]:
        """What ``portico import`` can take over, each by a name of its own."""
        return []
