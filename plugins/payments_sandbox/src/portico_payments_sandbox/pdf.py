"""A one-page invoice as PDF."""

from fpdf import FPDF
from portico.api import PaymentState, Store, format_date, format_money

from portico_payments_sandbox.models import SandboxCustomer, SandboxPayment

_LINES = ("name", "company", "line1", "line2", "postal_code", "city", "state", "country", "vat_id")
_WORDS = {
    "en": ("Invoice", "From", "To", "Date", "Item", "Amount", "Total", "Paid on", "Not paid yet",
           "A test invoice of the payments sandbox: no money has moved."),
    "de": ("Rechnung", "Von", "An", "Datum", "Posten", "Betrag", "Summe", "Bezahlt am",
           "Noch nicht bezahlt", "Eine Testrechnung der Sandbox: Es ist kein Geld geflossen."),
}  # fmt: skip
_MUTED, _INK = 110, 20
_RIGHT = 170


def render(
    store: Store,
    locale: str,
    payment: SandboxPayment,
    number: str,
    buyer: SandboxCustomer | None,
    about: str,
) -> bytes:
    """The invoice of a payment; ``about`` is what was bought."""
    invoice, by, to, date, item, amount, total, paid, unpaid, test = _WORDS.get(
        locale.partition("-")[0], _WORDS["en"]
    )
    page = _Page(f"{invoice} {number}", store.name)
    page.heading(f"{invoice} {number}")
    page.line(f"{date}: {format_date(payment.created_at, locale, store.timezone)}")
    page.block(by, [store.name, store.support_email or ""])
    billing = buyer.billing if buyer is not None else {}
    address = [billing.get(name, "") for name in _LINES]
    page.block(to, [*address, buyer.email if buyer is not None else ""])
    money = format_money(payment.amount, payment.currency, locale)
    page.row(item, amount, muted=True)
    page.row(about, money)
    page.row(total, money, bold=True)
    is_paid = payment.state is PaymentState.SUCCEEDED
    when = format_date(payment.updated_at, locale, store.timezone)
    page.line(f"{paid} {when}" if is_paid else unpaid)
    page.line(test, muted=True)
    return page.content()


class _Page:
    """An A4 page in the fonts that every reader has."""

    def __init__(self, title: str, author: str) -> None:
        self._pdf = FPDF(format="A4")
        self._pdf.core_fonts_encoding = "cp1252"
        self._pdf.set_margins(20, 25)
        self._pdf.set_title(title)
        self._pdf.set_author(author)
        self._pdf.add_page()

    def heading(self, text: str) -> None:
        self._font(18, bold=True)
        self._write(text, 12)

    def line(self, text: str, *, muted: bool = False) -> None:
        self._font(10, muted=muted)
        self._write(text, 6)
        self._pdf.ln(2)

    def block(self, title: str, lines: list[str]) -> None:
        self._pdf.ln(4)
        self._font(9, muted=True)
        self._write(title, 6)
        self._font(11)
        for one in filter(None, lines):
            self._write(one, 6)

    def row(self, left: str, right: str, *, bold: bool = False, muted: bool = False) -> None:
        self._pdf.ln(2)
        self._font(11, bold=bold, muted=muted)
        self._pdf.cell(_RIGHT - 40, 8, _plain(left[:80]), border="T")
        self._pdf.cell(40, 8, _plain(right), border="T", align="R", new_x="LMARGIN", new_y="NEXT")

    def content(self) -> bytes:
        return bytes(self._pdf.output())

    def _font(self, size: int, *, bold: bool = False, muted: bool = False) -> None:
        self._pdf.set_font("helvetica", style="B" if bold else "", size=size)
        self._pdf.set_text_color(_MUTED if muted else _INK)

    def _write(self, text: str, height: int) -> None:
        self._pdf.cell(_RIGHT, height, _plain(text), new_x="LMARGIN", new_y="NEXT")


def _plain(text: str) -> str:
    """What the fonts built into every reader can show; a store's own provider has better ones."""
    spaced = text.replace("\u202f", " ").replace("\xa0", " ")
    return spaced.encode("cp1252", "replace").decode("cp1252")
