"""Sending a queued mail: its text is chosen and filled, its secrets are made, now."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from markupsafe import Markup

from portico.activation import service as activation
from portico.customers import service as customers
from portico.emails import queries, variables
from portico.emails.liquid import TextError
from portico.emails.models import Email, EmailKind, EmailState, EmailTemplate
from portico.emails.render import Content, inline_css, one_line, render
from portico.emails.service import sender_address
from portico.emails.texts import default_text, footer
from portico.events.models import GIVE_UP, MAX_ATTEMPTS, Delivery
from portico.hooks.emails import EmailHooks, OutgoingEmail
from portico.hooks.errors import DropMail, Refused, RetryLater
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store
from portico.stores.urls import dashboard_url, portal_url

SEND_SECONDS = 120.0
"""How long a transport may take for one mail."""
NO_TRANSPORT_WAIT = timedelta(minutes=5)
LAYOUT = "email/layout.html"
_COLORS = {"accent": "#3056c6", "on_accent": "#ffffff"}
_log = structlog.get_logger("portico.emails")


class NotWanted(Exception):
    """The mail has lost its sense since it was queued, such as a link that has expired."""


async def deliver(rt: Runtime, delivery: Delivery) -> None:
    """Handle a ``mail`` delivery. What became of it is kept with the mail."""
    email = await rt.db.one(queries.BY_ID, email_id=delivery.payload["email_id"])
    if email is None or email.state is EmailState.SENT:
        return
    store = await stores.by_id(rt, email.store_id) if email.store_id else None
    subject: str | None = None
    try:
        message = await _message(rt, store, email, delivery.payload.get("plugin"))
        subject = message.subject
        await _send(rt, store, email, message)
    except DropMail:
        await rt.db.run(queries.FORGET, email_id=email.id)
    except NotWanted as error:
        await _outcome(rt, email, EmailState.FAILED, subject, str(error))
    except Refused as error:
        # Its server will never take it: that is an answer, not a fault of the delivery.
        await _outcome(rt, email, EmailState.BOUNCED, subject, error.message)
        if store is not None:
            await activation.report_finding(
                rt, store, "emails", "email_bounced", email.id,
                f"A mail to {email.to_address} was refused: {error.message}",
            )  # fmt: skip
    except Exception as error:
        state = EmailState.FAILED if _is_last(rt, delivery, error) else EmailState.QUEUED
        await _outcome(rt, email, state, subject, str(error) or type(error).__name__)
        raise
    else:
        await _outcome(rt, email, EmailState.SENT, subject, None)


def _is_last(rt: Runtime, delivery: Delivery, error: Exception) -> bool:
    if isinstance(error, RetryLater):
        return rt.clock.now() - delivery.created_at > GIVE_UP
    return isinstance(error, LookupError) or delivery.attempts >= MAX_ATTEMPTS


async def _outcome(
    rt: Runtime, email: Email, state: EmailState, subject: str | None, error: str | None
) -> None:
    await rt.db.run(
        queries.OUTCOME,
        email_id=email.id,
        new_state=state,
        new_subject=subject if _tells_no_secret(email) else None,
        new_error=error,
        new_sent_at=rt.clock.now() if state is EmailState.SENT else None,
    )


def _tells_no_secret(email: Email) -> bool:
    """A seller may write the code into the subject of a sign-in mail; it is not kept then."""
    return email.kind not in _SECRET_KINDS


_SECRET_KINDS = frozenset({EmailKind.SIGN_IN, EmailKind.SELLER_SIGN_IN, EmailKind.EMAIL_CHANGE})


async def _message(
    rt: Runtime, store: Store | None, email: Email, plugin: str | None
) -> OutgoingEmail:
    secrets = await _secrets(rt, store, email, plugin)
    values = await variables.load(rt, store, email, secrets)
    content = await _content(rt, store, email, values)
    foot = render("", footer(email.locale), values)
    return OutgoingEmail(
        message_id=email.message_id,
        sender=sender_address(rt.settings),
        sender_name=one_line(values["store"]["name"]),
        to=email.to_address,
        reply_to=one_line(store.support_email) if store and store.support_email else None,
        subject=content.subject,
        text=f"{content.text}\n-- \n{foot.text}",
        html=_page(rt, store, email, values, content, foot),
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834: no answering machine replies
    )


async def _secrets(
    rt: Runtime, store: Store | None, email: Email, plugin: str | None
) -> Mapping[str, str]:
    if email.kind == EmailKind.EMAIL_CHANGE:
        made = await customers.email_secrets(rt, store, email)
        if made is None:
            raise NotWanted("The change it was to confirm is no longer open.")
        return made
    if plugin and plugin in rt.registry.names_answering(EmailHooks.email_secrets):
        return await rt.hooks.owner(
            store, plugin, EmailHooks.email_secrets, email, locale=email.locale
        )
    return {}


async def _content(
    rt: Runtime, store: Store | None, email: Email, values: Mapping[str, Any]
) -> Content:
    """The seller's text where there is one that works, else the default."""
    template = await _template(rt, store, email, values) if store else None
    if template is not None and store is not None:
        try:
            return render(template.subject, template.body, values)
        except TextError as error:
            _log.warning("email_text_failed", store=store.id, template=template.id)
            await activation.report_finding(
                rt, store, "emails", "email_text", template.id,
                f"Your text for {email.kind} mails could not be used, the default text was sent "
                f"instead: {error}",
            )  # fmt: skip
    text = default_text(email.kind, email.locale)
    if text is None:
        raise NotWanted(f"There is no text for mails of the kind {email.kind!r}.")
    return render(text.subject, text.body, values)


async def _template(
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


async def _send(rt: Runtime, store: Store | None, email: Email, message: OutgoingEmail) -> None:
    transport = await activation.chosen(rt, store, EmailHooks.send_email, setting="email")
    if transport is None:
        raise RetryLater(
            NO_TRANSPORT_WAIT, "No plugin that sends mail is on; see `portico doctor`."
        )
    sent = await rt.hooks.owner(
        store,
        transport,
        EmailHooks.send_email,
        message,
        locale=email.locale,
        timeout=SEND_SECONDS,
    )
    _log.info("email_sent", email=email.id, kind=email.kind, by=transport, response=sent.response)
