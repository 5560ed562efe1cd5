"""The texts of core's own mails: ``<kind>.<language>.md``, its first line the subject."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from portico.hooks.emails import EmailHooks
from portico.runtime import Runtime

LOCALES = ("en", "de")
_SUBJECT = "Subject: "


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and body of a mail, in Liquid and Markdown."""

    subject: str
    body: str


def default_text(kind: str, locale: str) -> Text | None:
    """Core's text for a kind of mail, in English where the language is not there."""
    source = _read(kind, locale)
    if source is None:
        return None
    first, _, body = source.partition("\n")
    return Text(first.removeprefix(_SUBJECT), body)


def plugin_text(rt: Runtime, kind: str, locale: str) -> Text | None:
    """A plugin's text for its kind of mail, in English where the language is not there."""
    plugin = kind.partition(".")[0]
    texts = rt.registry.contributed(EmailHooks.email_texts).get(plugin, [])
    by_locale = {text.locale: text for text in texts if text.kind == kind}
    found = by_locale.get(locale.replace("_", "-").split("-")[0]) or by_locale.get("en")
    return Text(found.subject, found.body) if found else None


def footer(locale: str) -> str:
    """Why this mail came, and how to reach the seller."""
    return _read("footer", locale) or ""


@cache
def _read(kind: str, locale: str) -> str | None:
    language = locale.replace("_", "-").split("-")[0]
    for one in (language if language in LOCALES else "en", "en"):
        path = files(__name__) / f"{kind}.{one}.md"
        if kind.replace("_", "").isalnum() and path.is_file():
            return path.read_text("utf-8")
    return None
