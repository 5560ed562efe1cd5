"""Texts: what sellers may write, what values may do, and core's own in both languages."""

import pytest
from portico.emails import menu, variables
from portico.emails.check import Text, errors
from portico.emails.kinds import editable
from portico.emails.liquid import render_liquid
from portico.emails.models import EmailKind
from portico.emails.render import render
from portico.emails.rendering import TextError
from portico.emails.texts import LOCALES, default_text, footer

SAMPLE: variables.Values = {
    "store": {"name": "Acme & Sons", "support_email": "help@acme.example", "locale": "en"},
    "portal": {"url": "https://acme.example/p/acme/"},
    "dashboard": {"url": "https://acme.example/dashboard/"},
    "customer": {"name": "Ada_Lovelace*", "email": "ada@example.com"},
    "order": {
        "number": "1042", "date": "2 November 2026", "total": "€29.00", "refunded": "€9.00",
        "url": "https://acme.example/p/acme/purchases/ord_1",
        "invoice_url": "https://acme.example/p/acme/purchases/ord_1/invoice", "test": True,
        "change": True,
    },
    "items": [{"name": "Font", "quantity": "2", "amount": "€29.00"}],
    "products": [{"name": "Font", "message": "Have fun."}],
    "downloads": [
        {"product": "Font", "name": "font_1.zip", "version": "2.0", "size": "4.2 MB",
         "url": "https://acme.example/p/acme/purchases/ord_1"}
    ],
    "licenses": [{"product": "Font", "key": "AB_C*-1", "expires": "1 January 2027"}],
    "subscription": {
        "name": "Club", "amount": "€5.00", "renews": "1 December 2026", "ends": "3 June 2027",
        "url": "https://acme.example/p/acme/subscriptions/sub_1", "paused": True,
        "paused_until": "4 June 2027", "discount_until": "5 July 2027", "quantity": "3",
    },
    "file": {"name": "font_1.zip", "version": "2.0", "notes": "Two bugs less.",
             "product": "Acme font", "size": "4.2 MB", "url": "https://acme.example/p/acme/downloads"},
    "card": {"brand": "Visa", "last4": "4242", "expires": "05/2027"},
    "unsubscribe": {"url": "https://acme.example/p/acme/mails/unsubscribe?token=x"},
    "sender": {"url": "https://acme.example/dashboard/acme/settings/sender/confirm?token=x"},
    "amount": "€9.00",
    "sign_in": {"url": "https://acme.example/p/acme/sign-in/link?token=a_b", "code": "417 822"},
    "erasure": {"url": "https://acme.example/p/acme/settings/data/erase/confirm?token=x"},
    "email_change": {"url": "https://acme.example/p/acme/settings/email/confirm?token=x"},
    "mail": {
        "to": "ada@example.com", "kind": "sign_in", "sender": "portal@acme.example",
        "reason": "Card declined.", "minutes": "30", "new_email": "n•••@example.com",
        "is_new": True, "by_seller": True, "confirm": True,
    },
}  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(EmailKind))
def test_every_default_text_renders_in_both_languages_with_no_variable_missing(
    kind: EmailKind, locale: str
) -> None:
    text = default_text(kind, locale)
    assert text is not None
    values = SAMPLE | {"mail": SAMPLE["mail"] | {"kind": kind.value}}
    for sample in (values, _without(values)):
        content = render(text.subject, text.body, sample, strict=True)
        foot = render("", footer(locale), sample, strict=True)
        assert content.subject and len(content.text) > 80
        # The words between the values are what a customer reads: no markup may be left in them.
        for part in (content.text, content.html, foot.text):
            assert "{{" not in part and "{%" not in part and "**" not in part
        assert 'class="button"' in content.html or kind is EmailKind.EMAIL_CHANGED
        assert ("Acme" in content.subject) == (kind is not EmailKind.SELLER_SIGN_IN)
        assert foot.text.startswith("You get this" if locale == "en" else "Sie bekommen")
    if editable(kind):  # who edits it begins with this text, and has to be able to save it
        assert errors(Text(text.subject, text.body), values, ()) == []
    if locale == "de":
        english = default_text(kind, "en")
        assert english is not None and english.subject != text.subject


def _without(values: variables.Values) -> variables.Values:
    """The same with everything optional empty."""
    return values | {
        "customer": {"name": "", "email": "ada@example.com"},
        "store": values["store"] | {"support_email": ""},
        "order": values["order"] | {"test": False},
        "products": [], "downloads": [], "licenses": [], "amount": "",
        "subscription": values["subscription"] | {"renews": "", "ends": ""},
        "sign_in": values["sign_in"] | {"code": ""},
        "mail": values["mail"] | {"reason": "", "confirm": False},
    }  # fmt: skip


def test_the_documented_variables_are_the_ones_there_are() -> None:
    def names(values: variables.Values, prefix: str = "") -> set[str]:
        found = set()
        for key, value in values.items():
            if isinstance(value, dict):
                found |= names(value, f"{prefix}{key}.")
            elif isinstance(value, list):
                found |= {f"{prefix}{key}[].{name}" for name in value[0]}
            else:
                found.add(f"{prefix}{key}")
        return found

    documented = {variable.name for variable in menu.VARIABLES}
    assert documented <= names(SAMPLE)


def test_the_confirmation_has_portal_link_keys_and_files() -> None:
    text = default_text(EmailKind.CONFIRMATION, "en")
    assert text is not None
    content = render(text.subject, text.body, SAMPLE)
    assert "- Font: AB_C*-1 (valid until 1 January 2027)" in content.text
    assert "font_1.zip (https://acme.example/p/acme/purchases/ord_1), version 2.0" in content.text
    assert "your portal (https://acme.example/p/acme/)" in content.text
    assert "<code>AB_C*-1</code>" in content.html
    assert "Ada_Lovelace*" in content.text and "Ada_Lovelace*" in content.html


def test_a_value_never_becomes_markup() -> None:
    evil = "[click](http://evil.example) <script>alert(1)</script> **bold** `code`"
    content = render("Hi {{ n }}", "Hello {{ n }},\n\n{{ n }}", {"n": evil})
    assert "<script" not in content.html and "<a" not in content.html
    assert "<strong" not in content.html and "<code" not in content.html
    assert content.text == f"Hello {evil},\n\n{evil}\n"
    assert content.subject == f"Hi {evil}"


def test_a_value_with_lines_cannot_start_a_block_or_break_the_subject() -> None:
    content = render("{{ n }}", "{{ n }}", {"n": "one\n# two\r\nBcc: x"})
    assert "<h1" not in content.html and "one<br># two" in content.html
    assert content.subject == "one # two Bcc: x"


def test_the_sellers_own_html_and_scripts_are_shown_as_text() -> None:
    content = render("s", "<b>x</b> [a](javascript:alert(1)) ![i](http://t.example/p.png)", {})
    assert "<b>" not in content.html and "<img" not in content.html
    assert 'href="javascript' not in content.html


def test_a_url_in_a_value_is_a_link_with_all_its_characters() -> None:
    url = "https://x.example/p?token=a_b*c&d=(e)~f"
    content = render("s", '[Go]({{ u }} "button") [{{ u }}]({{ u }})', {"u": url})
    assert content.html.count('href="https://x.example/p?token=a_b*c&amp;d=(e)~f"') == 2
    assert content.html.count('class="button"') == 1
    assert content.text.startswith(f"Go:\n{url} ") and "javascript" not in content.text
    assert 'href="javascript' not in render("s", "[x]({{ u }})", {"u": "javascript:alert(1)"}).html


@pytest.mark.parametrize(
    "bomb",
    [
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% for i in (1..1900) %}{% for j in (1..1900) %}x{% endfor %}{% endfor %}",
        "{% assign x = 'aaaaaaaaaaaaaaaa' %}" + "{% assign x = x | append: x %}" * 60,
        "{% assign a = '" + "a" * 9000 + "' %}{{ a | replace: 'a', a }}",
        "{% assign n = 99 %}" + "{% assign n = n | times: n %}" * 60,
        "{% for i in (1..1900) %}" + "x" * 1000 + "{% endfor %}",
        "{% if true %}" * 40 + "{% endif %}" * 40,
        "x" * 60_000,
        "{% include 'secrets' %}",
        "{% render 'secrets' %}",
        "{{ 1 | divided_by: 0 }}",
        "{{ x | no_such_filter }}",
        "{{ customer.name",
    ],
)
def test_a_text_that_asks_too_much_is_refused_quickly(bomb: str) -> None:
    with pytest.raises(TextError) as refused:
        render("s", bomb, {})
    assert "\n" not in str(refused.value)


def test_a_variable_that_is_not_there_is_empty_and_strict_says_which() -> None:
    assert render_liquid("a{{ x.y }}b", {}) == "ab"
    with pytest.raises(TextError, match="'x' is undefined"):
        render_liquid("a{{ x.y }}b", {}, strict=True)


def test_plain_text_is_written_as_such() -> None:
    body = """# Title

Hello
there

- one
- two [link](https://x.example/)
  1. first
  2. second

> quoted
> twice

| a | b |
|---|---|
| 1 | 2 |

---

    code
"""
    assert render("s", body, {}).text == (
        "Title\n\nHello\nthere\n\n- one\n- two link (https://x.example/)\n  1. first\n"
        "  2. second\n\n> quoted\n> twice\n\na  b\n1  2\n\n--------------------\n\n    code\n"
    )


def test_unknown_languages_get_english() -> None:
    assert default_text(EmailKind.SIGN_IN, "fr") == default_text(EmailKind.SIGN_IN, "en")
    assert default_text(EmailKind.SIGN_IN, "de-AT") == default_text(EmailKind.SIGN_IN, "de")
    assert default_text("../secrets", "en") is None


def test_a_secret_takes_its_dotted_place() -> None:
    values: variables.Values = {"sign_in": ""}
    variables.set_dotted(values, "sign_in.url", "u")
    variables.set_dotted(values, "sign_in.code", "c")
    assert values == {"sign_in": {"url": "u", "code": "c"}}
