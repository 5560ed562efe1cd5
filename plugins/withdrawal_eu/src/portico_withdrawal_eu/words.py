"""Words that code needs and templates do not have: labels of links, and the statement itself."""

from importlib.resources import files

from portico.api import EmailText

LOCALES = ("en", "de")
WITHDRAW = {"en": "Withdraw from contract here", "de": "Vertrag widerrufen"}
"""What Article 11a(1) says in English, and § 356a(1) BGB in German."""
WITHDRAWALS = {"en": "Withdrawals", "de": "Widerrufe"}
_STATEMENT = {
    "en": "I hereby withdraw from the contract with {store} that I concluded with order {number}.",
    "de": "Hiermit widerrufe ich den Vertrag mit {store}, den ich mit der Bestellung {number} "
    "geschlossen habe.",
}
_MAILS = ("acknowledgement", "task")


def language(locale: str) -> str:
    """The one of our languages for a locale."""
    first = locale.replace("_", "-").split("-")[0]
    return first if first in LOCALES else "en"


def statement(locale: str, store: str, number: str) -> str:
    """What the consumer declares."""
    return _STATEMENT[language(locale)].format(store=store, number=number)


def mail_texts() -> list[EmailText]:
    """The plugin's mails."""
    return [_mail(name, locale) for name in _MAILS for locale in LOCALES]


def _mail(name: str, locale: str) -> EmailText:
    text = (files(__package__) / "mails" / f"{name}.{locale}.md").read_text("utf-8")
    subject, _, body = text.partition("\n")
    return EmailText(f"withdrawal_eu.{name}", locale, subject.removeprefix("Subject: "), body)
