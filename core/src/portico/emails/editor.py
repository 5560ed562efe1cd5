"""Sellers' own texts: saving one that can be sent, going back, and which kinds are sent at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portico.activation import service as activation
from portico.actors import actor
from portico.emails import queries
from portico.emails.check import Problem, Text, errors
from portico.emails.kinds import KINDS
from portico.emails.models import EmailTemplate, TextFormat
from portico.emails.sample import Sample
from portico.emails.texts import default_text
from portico.errors import PorticoError
from portico.events import service as events
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store

HISTORY = 30
MAX_PER_MINUTE = 100_000


class UnfitText(PorticoError):
    """The text cannot be sent as it is; ``problems`` say why, and where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.words % problem.values for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose text it is: of a kind, for a product (None: the whole store), in a language (None:
    in every language that has none of its own)."""

    kind: str
    product_id: str | None = None
    locale: str | None = None

    def query(self, store: Store) -> dict[str, Any]:
        """As statements take it."""
        return {
            "store_id": store.id, "kind": self.kind, "place_product": self.product_id or "",
            "place_locale": self.locale or "",
        }  # fmt: skip


async def history(rt: Runtime, store: Store, place: Place) -> list[EmailTemplate]:
    """The texts that were saved here, the newest first."""
    return await rt.db.all(queries.TEMPLATE_HISTORY, **place.query(store), limit=HISTORY)


async def in_force(rt: Runtime, store: Store) -> list[EmailTemplate]:
    """Every text of the store's own that is used."""
    return await rt.db.all(queries.TEMPLATES_IN_FORCE, store_id=store.id)


async def text_at(rt: Runtime, store: Store, place: Place) -> tuple[Text, EmailTemplate | None]:
    """What is sent for the place, and the row it comes from (None: the default).

    A product without a text of its own shows the store's, a language without one that for all.
    """
    rows = await rt.db.all(queries.TEMPLATES, store_id=store.id, kind=place.kind)
    found = {(row.product_id, row.locale): row for row in rows}
    for product_id in dict.fromkeys((place.product_id, None)):
        for locale in dict.fromkeys((place.locale, None)):
            row = found.get((product_id, locale))
            if row is not None:
                return Text(row.subject, row.body, row.format), row
    default = default_text(place.kind, place.locale or store.locale)
    return (Text(default.subject, default.body) if default else Text("", "")), None


async def save(
    rt: Runtime, store: Store, place: Place, text: Text, sample: Sample, *, by: str
) -> None:
    """Send this text from now on. Raises UnfitText; what was saved before stays in the history.

    The text is tried with the values of ``sample``. ForeignKeyError for a product that is none.
    """
    problems = errors(text, sample.values, sample.plugins)
    if problems:
        raise UnfitText(problems)
    async with rt.db.transaction():
        await rt.db.run(queries.RETIRE_TEMPLATES, **place.query(store))
        await rt.db.run(
            queries.ADD_TEMPLATE, store_id=store.id, id=new_id("tpl"), product_id=place.product_id,
            kind=place.kind, locale=place.locale, enabled=True, subject=text.subject,
            body=text.body, format=TextFormat(text.format), saved_by=by,
            updated_at=rt.clock.now(),
        )  # fmt: skip
        await _note(rt, store, "email.text", place, by)
    await activation.resolve_finding(rt, store, "email_text", place.kind)


async def reset(rt: Runtime, store: Store, place: Place, *, by: str) -> bool:
    """Send the default again; False where there was no text of the store's own."""
    async with rt.db.transaction():
        done = bool(await rt.db.run(queries.RETIRE_TEMPLATES, **place.query(store)))
        if done:
            await _note(rt, store, "email.reset", place, by)
    return done


async def restore(
    rt: Runtime, store: Store, place: Place, template_id: str, sample: Sample, *, by: str
) -> bool:
    """Save an earlier text anew; False where the place has none with this id. UnfitText."""
    found = next((one for one in await history(rt, store, place) if one.id == template_id), None)
    if found is None:
        return False
    text = Text(found.subject, found.body, found.format)
    await save(rt, store, place, text, sample, by=by)
    return True


async def switch(rt: Runtime, store: Store, kind: str, on: bool, *, by: str) -> bool:
    """Send mails of a kind, or none; False for a kind that cannot be switched."""
    if kind not in KINDS or KINDS[kind].always:
        return False
    await _change_settings(rt, store, by, kind=kind, on=on)
    return True


async def set_pace(rt: Runtime, store: Store, per_minute: int, *, by: str) -> None:
    """Send so many mails in a minute at most (0: as many as there are); none is lost by it."""
    await _change_settings(rt, store, by, per_minute=min(max(per_minute, 0), MAX_PER_MINUTE))


async def _change_settings(
    rt: Runtime, store: Store, by: str, *, kind: str = "", on: bool = True,
    per_minute: int | None = None,
) -> None:  # fmt: skip
    async with rt.db.transaction():
        current = await stores.locked(rt, store.id)
        mails = dict(current.settings.get("emails", {}))
        if kind:
            off = set(mails.get("off", ())) - {kind}
            mails["off"] = sorted(off if on else off | {kind})
            data: dict[str, Any] = {"on": on}
            await _note(rt, store, "email.switch", Place(kind), by, data)
        if per_minute is not None:
            mails["per_minute"] = per_minute
        await stores.update_settings(
            rt, store.id, by=by, settings={**current.settings, "emails": mails}
        )


async def _note(
    rt: Runtime, store: Store, action: str, place: Place, by: str,
    data: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    actor_type, actor_id = actor(by)
    where = {"product_id": place.product_id, "locale": place.locale}
    await events.audit(
        rt, store_id=store.id, actor_type=actor_type, actor_id=actor_id, action=action,
        subject_type="email_kind", subject_id=place.kind,
        data={**{name: one for name, one in where.items() if one}, **(data or {})},
    )  # fmt: skip
