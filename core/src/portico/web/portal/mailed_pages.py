"""What the templates of pages get that links in mails lead to; see ``portico.web.portal.pages``."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class UnsubscribePage:
    """The page that the link to unsubscribe opens. ``action`` is where its form leads; ``done``:
    no such mail comes any more."""

    template: ClassVar[str] = "portal/unsubscribe.html"
    action: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class EmailChangePage:
    """The page a proof link for a new address opens."""

    template: ClassVar[str] = "portal/email_change.html"
    token: str
    new_email: str


@dataclass(frozen=True, slots=True)
class DataErasePage:
    """Having one's data deleted: what goes and what stays, before the mail that confirms it is
    sent; that it was ``sent``; and, with a ``token``, what its link opens.

    While a subscription is ``running`` nothing can be deleted.
    """

    template: ClassVar[str] = "portal/data_erase.html"
    email: str
    running: bool
    token: str = ""
    sent: bool = False
    minutes: int = 60
    error: str = ""
