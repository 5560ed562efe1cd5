"""A text as it would arrive: on a page, and as a test mail to somebody of the team."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from portico.emails import queries
from portico.emails.check import Problem, Text, errors, warnings
from portico.emails.compose import message_of
from portico.emails.deliver import Outcome, send
from portico.emails.editor import UnfitText
from portico.emails.kinds import Kind
from portico.emails.models import EmailState
from portico.emails.rendering import TextError, render
from portico.emails.sample import Sample
from portico.emails.service import message_id_for
from portico.hooks.emails import OutgoingEmail
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.stores.urls import portal_url


@dataclass(frozen=True, slots=True)
class Preview:
    """How a text looks (None where it cannot be rendered), and what there is to say about it.

    ``problems`` keep it from being saved, ``warnings`` do not.
    """

    message: OutgoingEmail | None
    problems: Sequence[Problem]
    warnings: Sequence[Problem]


def preview(rt: Runtime, store: Store, kind: Kind, text: Text, shown: Sample) -> Preview:
    """The text with the sample's values."""
    problems = errors(text, shown.values, shown.plugins)
    try:
        content = render(text.subject, text.body, shown.values, form=text.format)
    except TextError:
        return Preview(None, problems, ())
    message = message_of(rt, store, shown.email, shown.values, content)
    found = warnings(
        kind, text, content,
        portal_url=portal_url(rt.settings, store), keys_sold=shown.keys_sold,
    )  # fmt: skip
    return Preview(message, problems, found)


async def send_test(
    rt: Runtime, store: Store, kind: Kind, text: Text, shown: Sample, to: str, *, mark: str
) -> str:
    """Send the text to ``to`` at once, marked in the subject; returns what the server said.

    Raises UnfitText, and Refused or RetryLater in the server's words.
    """
    problems = errors(text, shown.values, shown.plugins)
    if problems:
        raise UnfitText(problems)
    email = dataclasses.replace(
        shown.email, id=new_id("mail"), message_id=message_id_for(rt), to_address=to
    )
    content = render(text.subject, text.body, shown.values, form=text.format)
    content = dataclasses.replace(content, subject=f"{mark} {content.subject}")
    message = message_of(rt, store, email, shown.values, content)
    # A test mail unsubscribes nobody.
    headers = {n: v for n, v in message.headers.items() if not n.startswith("List-")}
    response = await send(rt, store, email, dataclasses.replace(message, headers=headers))
    async with rt.db.transaction():
        await rt.db.run(
            queries.ADD_SENT, id=email.id, store_id=store.id, kind=email.kind, locale=email.locale,
            to_address=to, message_id=email.message_id, params={"test": True},
            created_at=rt.clock.now(),
        )  # fmt: skip
        outcome = Outcome(rt, email)
        outcome.subject = message.subject
        await outcome.write(EmailState.SENT, response=response)
    return response
