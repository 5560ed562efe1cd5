"""From a mail's values to the finished message: which text it is, and its frame."""

from collections.abc import Mapping
from typing import Any

import structlog
from markupsafe import Markup

from portico.activation import service as activation
from portico.emails import queries
from portico.emails.models import Email, EmailTemplate
from portico.emails.rendering import Content, TextError, inline_css, one_line, render
from portico.emails.sender import header_of
from portico.emails.texts import default_text, footer, plugin_text
from portico.emails.unsubscribing import unsubscribe_url
from portico.hooks.emails import OutgoingEmail
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.stores.urls import dashboard_url, portal_url

LAYOUT = "email/layout.html"
_COLORS = {"accent": "#3056c6", "on_accent": "#ffffff"}
_log = structlog.get_logger("portico.emails")


class NotWanted(Exception):
    """The mail has lost its sense since it was queued, such as a link that has expired."""


async def content_of(
    rt: Runtime, store: Store | None, email: Email, values: Mapping[str, Any]
) -> Content:
    """The seller's text where there is one that works, else the default. Raises NotWanted."""
    template = await template_of(rt, store, email, values) if store else None
    if template is not None and store is not None:
        try:
            return render(template.subject, template.body, values, form=template.format)
        except TextError as error:
            _log.warning("email_text_failed", store=store.id, template=template.id)
            await activation.report_finding(
                rt, store, "emails", "email_text", email.kind,
                f"Your text for {email.kind} mails could not be used, the default text was sent "
                f"instead: {error}",
            )  # fmt: skip
    text = default_text(email.kind, email.locale) or plugin_text(rt, email.kind, email.locale)
    if text is None:
        raise NotWanted(f"There is no text for mails of the kind {email.kind!r}.")
    return render(text.subject, text.body, values)


async def template_of(
    rt: Runtime, store: Store, email: Email, values: Mapping[str, Any]
) -> EmailTemplate | None:
    """The product's text before the store's; one in the mail's language before one for all."""
    rows = await rt.db.all(queries.TEMPLATES, store_id=store.id, kind=email.kind)
    found = {(row.product_id, row.locale): row for row in rows}
    for product_id in (*values.get("product_ids", ()), None):
        for locale in (email.locale, email.locale.split("-")[0], None):
            if (product_id, locale) in found:
                return found[product_id, locale]
    return None


def message_of(
    rt: Runtime, store: Store | None, email: Email, values: Mapping[str, Any], content: Content
) -> OutgoingEmail:
    """The finished mail: content and footer in the theme's frame, as HTML and as plain text."""
    foot = render("", footer(email.locale), values)
    headers = {"Auto-Submitted": "auto-generated"}  # RFC 3834: no answering machine replies
    if store is not None and (url := unsubscribe_url(rt, store, email)):
        headers["List-Unsubscribe"] = f"<{url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    address, name = header_of(rt, store, values["store"]["name"])
    return OutgoingEmail(
        message_id=email.message_id,
        sender=one_line(address),
        sender_name=one_line(name),
        to=email.to_address,
        reply_to=one_line(store.support_email) if store and store.support_email else None,
        subject=content.subject,
        text=f"{content.text}\n-- \n{foot.text}",
        html=_page(rt, store, email, values, content, foot),
        headers=headers,
    )


def _page(
    rt: Runtime,
    store: Store | None,
    email: Email,
    values: Mapping[str, Any],
    content: Content,
    foot: Content,
) -> str:
    colors = rt.themes.email_colors(store) if store else _COLORS
    page = rt.themes.render(
        store.theme if store else None,
        LAYOUT,
        email.locale,
        {
            **colors,
            "sender_name": values["store"]["name"],
            "home_url": portal_url(rt.settings, store) if store else dashboard_url(rt.settings),
            "logo_url": _logo(rt, store),
            "subject": content.subject,
            "content": Markup(content.html),  # noqa: S704 - cleaned by nh3 in `render`
            "footer": Markup(foot.html),  # noqa: S704 - the same
        },
    )
    return inline_css(page)


def _logo(rt: Runtime, store: Store | None) -> str:
    logo = rt.themes.settings_of(store).get("logo", "") if store else ""
    return f"{rt.settings.base_url}{logo}" if logo.startswith("/") else logo
