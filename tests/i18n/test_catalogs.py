"""Every text that a person reads is there in every language."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from portico.i18n_tools import LANGUAGES, Package, extract, missing, packages

ROOT = Path(__file__).parents[2]
PACKAGES = packages(ROOT)


def test_the_whole_workspace_is_looked_at() -> None:
    names = {package.name for package in PACKAGES}
    assert {"portico", "portico_theme_default", "portico_auth_email_link"} <= names
    core = next(package for package in PACKAGES if package.name == "portico")
    assert len(extract(core)) > 20


def test_what_plugins_say_of_themselves_is_collected() -> None:
    texts = {
        name: {message.id for message in extract(package)}
        for package in PACKAGES
        if (name := package.name.removeprefix("portico_")) in ("email_smtp", "licenses")
    }
    # Title, description, a field with its help, a choice; and the settings of each product.
    assert {
        "SMTP server", "Sends mail through an SMTP server.", "Mail server",
        "For example smtp.example.com", "STARTTLS (usual, port 587)",
    } <= texts["email_smtp"]  # fmt: skip
    assert {"License keys", "Valid for days", "A pattern of your own"} <= texts["licenses"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_text_is_translated(package: Package, language: str) -> None:
    assert missing(package, language) == []


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*/**/LC_MESSAGES/*.po")), ids=lambda path: path.stem
)
def test_a_translation_fills_in_what_its_text_fills_in(path: Path) -> None:
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.parent.parent.name)
    wrong = [f"{message.id!r}: {error}" for message in catalog for error in message.check(catalog)]
    assert wrong == []
