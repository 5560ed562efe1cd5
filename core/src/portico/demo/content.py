"""What the demo store sells: a small type foundry. The files are made here, not shipped."""

import io
import zipfile
from dataclasses import dataclass

from portico.catalog.models import Interval


@dataclass(frozen=True)
class DemoFile:
    """A file of a demo product, with its versions from the oldest: (label, notes, bytes)."""

    name: str
    filename: str
    versions: tuple[tuple[str, str, bytes], ...]


@dataclass(frozen=True)
class DemoProduct:
    """A demo product. ``amount`` is in cents; ``other_prices`` are what it is sold at besides."""

    slug: str
    name: str
    description: str
    amount: int
    interval: Interval | None = None
    files: tuple[DemoFile, ...] = ()
    licensed: bool = False
    bundle_of: tuple[str, ...] = ()
    other_prices: tuple[tuple[int, Interval], ...] = ()


def archive(names: dict[str, str]) -> bytes:
    """A zip file with these texts in it, the same bytes every time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in names.items():
            packed.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def page_of_pdf(title: str) -> bytes:
    """A one-page PDF that shows ``title`` (PDF 1.4, the smallest file that readers accept)."""
    content = f"BT /F1 28 Tf 72 720 Td ({title}) Tj ET".encode("latin-1")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>",
    )
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def _fonts(version: str) -> bytes:
    return archive({
        "README.txt": f"Meridian Sans {version}. A demo file: it holds no fonts.\n",
        "LICENSE.txt": "One person may use this on as many machines as they like.\n",
    })  # fmt: skip


PRODUCTS = (
    DemoProduct(
        "meridian-sans", "Meridian Sans, desktop license",
        "Nine weights of a calm sans serif, with a license for one person.", 8900,
        files=(
            DemoFile("Meridian Sans (OTF)", "meridian-sans.zip", (
                ("4.1", "Small capitals", _fonts("4.1")),
                ("4.2", "Adds Vietnamese and old-style figures", _fonts("4.2")),
            )),
            DemoFile("Installation guide", "installation.pdf",
                     (("", "", page_of_pdf("Installing Meridian Sans")),)),
        ),
        licensed=True,
    ),
    DemoProduct(
        "specimen-book", "Specimen book, PDF", "Every typeface we make, set in real words.", 1900,
        files=(DemoFile("Specimen book", "specimen-book.pdf",
                        (("2026", "", page_of_pdf("Specimen book 2026")),)),),
    ),
    DemoProduct(
        "foundry-club", "Foundry Club", "A new typeface every month, while you are a member.",
        1200, Interval.MONTH,
        files=(DemoFile("This month's typeface", "foundry-club.zip", (
            ("November", "A display face with four widths", archive({"README.txt": "Club\n"})),)),),
        other_prices=((12000, Interval.YEAR),),
    ),
    DemoProduct("web-font-hosting", "Web font hosting", "Your fonts, served fast from near your "
                "readers.", 4800, Interval.YEAR),
    DemoProduct(
        "complete-library", "Complete library", "Meridian Sans and the specimen book together.",
        9900, bundle_of=("meridian-sans", "specimen-book"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class DemoPurchase:
    """Something the demo customer bought so many days ago, with a card of the sandbox."""

    product: str
    days_ago: float
    card: str = "4242424242424242"
    refund: bool = False


PURCHASES = (
    DemoPurchase("complete-library", 200, refund=True),
    DemoPurchase("web-font-hosting", 172),
    DemoPurchase("specimen-book", 40),
    DemoPurchase("foundry-club", 32.5, card="4000000000000341"),
    DemoPurchase("meridian-sans", 21),
)


@dataclass(frozen=True)
class DemoPeople:
    """Who signs in to the demo."""

    customer: str = "customer@example.com"
    seller: str = "seller@example.com"
    manager: str = "manager@example.com"
    support: str = "support@example.com"


PLUGINS = {
    "auth": "auth_email_link", "payments": "payments_sandbox", "storage": "files_local",
    "licenses": "licenses", "email": "email_mailbox",
}  # fmt: skip
"""What the demo store does each thing with. Others that are installed stay off."""

PORTAL = {"subscription_update": {"pause_months": 3}}
"""What customers of the demo store may do, beyond what a new store allows."""
