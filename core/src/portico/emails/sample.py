"""What a mail would say: its values for a real order, with samples where it has none."""

from collections.abc import Sequence
from dataclasses import dataclass

from portico.emails import variables
from portico.emails.check import canonical, spoken
from portico.emails.kinds import Kind
from portico.emails.menu import GROUPS, VARIABLES, Entry, Group, Variable
from portico.emails.models import Email, EmailState
from portico.emails.rendering import TextError, uses
from portico.emails.subjects import queries
from portico.hooks.emails import EmailHooks
from portico.i18n import Translator, format_date, format_money
from portico.orders.models import Order
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.stores.urls import portal_url

_LISTS = ("items", "products", "downloads", "licenses")
_OF_ORDER = frozenset({"order", "product", "downloads", "license"})


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail that is not sent: its values, and which of them are samples (by variable's name).

    ``plugins`` are those that may have variables here.
    """

    email: Email
    values: variables.Values
    samples: frozenset[str]
    plugins: frozenset[str]
    keys_sold: bool


async def sample(
    rt: Runtime,
    store: Store,
    kind: Kind,
    *,
    locale: str,
    order_id: str | None = None,
    product_id: str | None = None,
) -> Sample:
    """The values of a mail of this kind about an order of the store (None: about none)."""
    order: Order | None = None
    if order_id:
        order = await rt.db.one(queries.ORDER, store_id=store.id, id=order_id)
    subscription_id = order.subscription_id if order else None
    email = Email(
        id="mail_sample", store_id=store.id, customer_id=order.customer_id if order else None,
        order_id=order.id if order else None, kind=kind.name, locale=locale,
        to_address="customer@example.com", message_id="<sample@localhost>", subject=None,
        params={"subscription_id": subscription_id} if subscription_id else {},
        state=EmailState.QUEUED, attempts=0, error=None, created_at=rt.clock.now(), sent_at=None,
        response=None, cause=None, next_at=None, history=[],
    )  # fmt: skip
    values = await variables.load(rt, store, email, {})
    filled = _fill(rt, store, kind, values, locale, has_order=order is not None)
    sold = await rt.db.one(
        queries.KEYS_SOLD, store_id=store.id, product_ids=[product_id] if product_id else [],
        any_product=product_id is None,
    )  # fmt: skip
    on = await rt.hooks.activations.of(store)
    answering = frozenset(rt.registry.names_answering(EmailHooks.email_variables)) & on.on
    return Sample(email, values, filled, answering, bool(sold))


def _fill(
    rt: Runtime, store: Store, kind: Kind, values: variables.Values, locale: str, *, has_order: bool
) -> frozenset[str]:
    """Put samples where a mail of this kind would have something; returns their names."""
    filled: set[str] = set()
    for variable in VARIABLES:
        if variable.group not in kind.variables or (has_order and variable.group in _OF_ORDER):
            continue
        text = _sample_value(rt, store, variable, locale)
        if variable.list_name:
            rows = values[variable.list_name]
            if not rows:
                rows.append({})
            rows[0][variable.name.partition("[].")[2]] = text
        elif _value(values, variable.name) or variable.name in _SOMETIMES:
            continue
        elif variable.name != "order.test":
            variables.set_dotted(values, variable.name, text)
        filled.add(variable.name)
    return frozenset(filled)


def _sample_value(rt: Runtime, store: Store, variable: Variable, locale: str) -> str:
    """A sample as this store would write it: its currency, its links, the reader's dates."""
    if variable.link or variable.name.endswith("url"):
        return portal_url(rt.settings, store)
    if variable.sample.replace(".", "").isdigit() and variable.sample.endswith(".00"):
        return format_money(int(variable.sample.replace(".", "")), store.currency, locale)
    if variable.name in _DATES:
        return format_date(rt.clock.now(), locale, store.timezone)
    return variable.sample


_SOMETIMES = frozenset({
    "subscription.ends", "subscription.paused_until", "subscription.discount_until",
    "subscription.quantity",
})  # fmt: skip
"""What most subscriptions do not have, and what makes a text say so: no sample of it."""
_DATES = frozenset({
    "order.date", "subscription.renews", "subscription.ends", "licenses[].expires",
})  # fmt: skip


def _value(values: variables.Values, name: str) -> str:
    """A variable's value as the menu shows it: of a list, its first row's."""
    list_name, inside, rest = name.partition("[].")
    group = values
    if inside:
        if not values.get(list_name):
            return ""
        group, name = values[list_name][0], rest
    found: object = group
    for part in name.split("."):
        found = found.get(part, "") if isinstance(found, dict) else ""
    return str(found) if found not in (True, False, None) else ""


def menu(kind: Kind, shown: Sample, words: Translator, titles: dict[str, str]) -> Sequence[Group]:
    """The groups of "+ Insert variable" with each variable's value; plugins' come last.

    ``titles`` are plugins' titles by name.
    """
    groups = []
    for key, title in GROUPS.items():
        if key not in kind.variables:
            continue
        entries = []
        for one in VARIABLES:
            if one.group == key:
                label = words.gettext(one.label)
                entries.append(
                    Entry(one.name, label, _value(shown.values, one.name), one.snippet(label),
                          one.snippet(label, html=True), one.name in shown.samples)
                )  # fmt: skip
        groups.append(Group(words.gettext(title), tuple(entries)))
    plugins: dict[str, list[Entry]] = {}
    for plugin, variable in shown.values["plugin_variables"]:
        text = "{{ " + variable.name + " }}"
        entry = Entry(variable.name, variable.label, variable.value, text, text)
        plugins.setdefault(plugin, []).append(entry)
    groups += [Group(titles.get(name, name), tuple(found)) for name, found in plugins.items()]
    return tuple(groups)


def samples_in(shown: Sample, source: str) -> list[str]:
    """The variables of a text whose values were samples, as they are written."""
    try:
        used = uses(source)
    except TextError:
        return []
    names = {canonical(one, used) for one in used.variables}
    return sorted({spoken(name) for name in names if name in shown.samples})
