"""Sending a queued mail: its text is chosen and filled, its secrets are made, now."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from portico.activation import service as activation
from portico.customers import service as customers
from portico.emails import queries, variables
from portico.emails.compose import NotWanted, content_of, message_of
from portico.emails.kinds import SECRET_KINDS, per_minute
from portico.emails.models import Cause, Email, EmailKind, EmailState
from portico.emails.unsubscribing import wants
from portico.events.models import GIVE_UP, MAX_ATTEMPTS, Delivery, Lane
from portico.hooks.emails import EmailHooks, OutgoingEmail
from portico.hooks.errors import DropMail, Refused, RetryLater
from portico.people.changes import own as own_data
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store

SEND_SECONDS = 120.0
"""How long a transport may take for one mail."""
NO_TRANSPORT_WAIT = timedelta(minutes=5)
KEPT_ATTEMPTS = 30
"""Of a mail's attempts, so many are kept."""
_SECRETS = {
    EmailKind.EMAIL_CHANGE.value: customers.email_secrets,
    EmailKind.DATA_ERASURE.value: own_data.email_secrets,
}
"""Who makes the link of a kind of core's own, as the mail is sent."""
_log = structlog.get_logger("portico.emails")


async def deliver(rt: Runtime, delivery: Delivery) -> timedelta | None:
    """Handle a ``mail`` delivery. What became of it is kept with the mail.

    Returns how long to wait for the store's turn, where it sends so many in a minute only.
    """
    email = await rt.db.one(queries.BY_ID, email_id=delivery.payload["email_id"])
    if email is None or email.state is EmailState.SENT:
        return None
    store = await stores.by_id(rt, email.store_id) if email.store_id else None
    if store is not None and (wait := await _turn(rt, store, email, delivery.lane)):
        return wait
    result = Outcome(rt, email)
    try:
        message = await _message(rt, store, email, delivery.payload.get("plugin"))
        result.subject = message.subject
        response = await send(rt, store, email, message)
    except DropMail:
        await rt.db.run(queries.FORGET, email_id=email.id)
    except NotWanted as error:
        await result.write(EmailState.FAILED, str(error), Cause.NOT_WANTED)
    except Refused as error:
        # Its server will never take it: that is an answer, not a fault of the delivery.
        await result.write(EmailState.BOUNCED, error.message, Cause.REFUSED)
        await _report_bounce(rt, store, email, error.message)
    except Exception as error:
        state = EmailState.FAILED if _is_last(rt, delivery, error) else EmailState.DEFERRED
        if isinstance(error, RetryLater):
            after, cause = error.after, error.cause or Cause.ERROR
        else:
            after, cause = None, Cause.ERROR
        await result.write(state, str(error) or type(error).__name__, cause, after)
        raise
    else:
        await result.write(EmailState.SENT, response=response)
    return None


def _is_last(rt: Runtime, delivery: Delivery, error: Exception) -> bool:
    if isinstance(error, RetryLater):
        return rt.clock.now() - delivery.created_at > GIVE_UP
    return isinstance(error, LookupError) or delivery.attempts >= MAX_ATTEMPTS


async def _report_bounce(rt: Runtime, store: Store | None, email: Email, words: str) -> None:
    if store is not None:
        await activation.report_finding(
            rt, store, "emails", "email_bounced", email.id,
            f"A mail to {email.to_address} was refused: {words}",
        )  # fmt: skip


class Outcome:
    """Writes down what became of an attempt."""

    def __init__(self, rt: Runtime, email: Email) -> None:
        self._rt = rt
        self._email = email
        self.subject: str | None = None

    async def write(
        self,
        state: EmailState,
        words: str | None = None,
        cause: str | None = None,
        after: timedelta | None = None,
        response: str | None = None,
    ) -> None:
        email, now = self._email, self._rt.clock.now()
        attempt = {"at": now.isoformat(), "state": state.value, "words": words or response or "",
                   "cause": cause or ""}  # fmt: skip
        waits = after is not None and state is EmailState.DEFERRED
        await self._rt.db.run(
            queries.OUTCOME,
            email_id=email.id,
            new_state=state,
            # A seller may write the code into the subject of a sign-in mail; it is not kept then.
            new_subject=self.subject if email.kind not in SECRET_KINDS else None,
            new_error=words,
            new_sent_at=now if state is EmailState.SENT else None,
            new_response=response,
            new_cause=cause,
            new_next_at=now + after if after is not None and waits else None,
            new_history=[*email.history[1 - KEPT_ATTEMPTS :], attempt],
        )


async def _turn(rt: Runtime, store: Store, email: Email, lane: Lane) -> timedelta | None:
    """How long the mail waits for its turn; None for one that may go now.

    A store with a limit has evenly spaced turns. Each mail takes one, once; who waits for a
    sign-in link takes a turn and goes at once, so that the others make room.
    """
    limit = per_minute(store)
    now = rt.clock.now()
    if not limit or (email.cause == Cause.PACE and email.next_at and email.next_at <= now):
        return None
    if email.attempts and email.cause != Cause.PACE:
        return None  # it had its turn; the server wanted it later
    if email.cause == Cause.PACE and email.next_at:
        return email.next_at - now
    step = 60_000 // limit
    now_ms = int(now.timestamp() * 1000)
    end = await rt.db.one(
        queries.SLOT, store_id=store.id, now_ms=now_ms, step_ms=step, first_ms=now_ms + step
    )
    start_ms = (end or 0) - step
    if lane is Lane.INTERACTIVE or start_ms <= now_ms:
        return None
    start = datetime.fromtimestamp(start_ms / 1000, UTC)
    await rt.db.run(queries.WAITS, email_id=email.id, new_cause=Cause.PACE, new_next_at=start)
    return start - now


async def _message(
    rt: Runtime, store: Store | None, email: Email, plugin: str | None
) -> OutgoingEmail:
    if store and email.customer_id and not await wants(rt, store, email.customer_id, email.kind):
        raise DropMail
    secrets = await _secrets(rt, store, email, plugin)
    values = await variables.load(rt, store, email, secrets)
    content = await content_of(rt, store, email, values)
    return message_of(rt, store, email, values, content)


async def _secrets(
    rt: Runtime, store: Store | None, email: Email, plugin: str | None
) -> Mapping[str, Any]:
    own = _SECRETS.get(email.kind)
    if own is not None:
        made = await own(rt, store, email)
        if made is None:
            raise NotWanted("What it was to confirm is no longer open.")
        return made
    if plugin and plugin in rt.registry.names_answering(EmailHooks.email_secrets):
        return await rt.hooks.owner(
            store, plugin, EmailHooks.email_secrets, email, locale=email.locale
        )
    return {}


async def send(rt: Runtime, store: Store | None, email: Email, message: OutgoingEmail) -> str:
    """Hand it over; returns what the server said."""
    transport = await activation.chosen(rt, store, EmailHooks.send_email, setting="email")
    if transport is None:
        words = "No plugin that sends mail is on; see `portico doctor`."
        raise RetryLater(NO_TRANSPORT_WAIT, words, Cause.NO_TRANSPORT)
    sent = await rt.hooks.owner(
        store,
        transport,
        EmailHooks.send_email,
        message,
        locale=email.locale,
        timeout=SEND_SECONDS,
    )
    _log.info("email_sent", email=email.id, kind=email.kind, by=transport, response=sent.response)
    return sent.response
