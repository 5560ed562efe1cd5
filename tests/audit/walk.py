"""How the table of changes is walked: what each line says, and what is asked and looked at."""

import io
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import sqlalchemy as sa
from portico.customers import service as customers
from portico.db import Query
from portico.events.models import AuditEntry
from portico.events.tables import audit_log
from portico.sellers import service as sellers
from portico.subscriptions import service as subscriptions
from portico.subscriptions.models import SubscriptionStatus
from portico.testing.browser import Browser
from werkzeug.datastructures import FileStorage

from tests.support.world import VICTIM, World, filled

SELLER, CUSTOMER, SANDBOX = "seller:{seller}", "customer:{customer_id}", "plugin:payments_sandbox"
ENTRIES = Query(AuditEntry, sa.select(audit_log))


@dataclass
class Walk:
    """The demo's store, with its owner and its customer in browsers of their own."""

    world: World
    owner: Browser
    customer: Browser
    guest: Browser
    ids: dict[str, str]

    @classmethod
    async def begin(cls, world: World) -> "Walk":
        """Everybody is signed in, and has a form open."""
        owner, customer, guest = (Browser(world.app) for _ in range(3))
        seller = await sellers.by_email(world.rt, "seller@example.com")
        victim = await customers.by_email(world.rt, world.store.id, VICTIM)
        assert seller is not None
        assert victim is not None
        await owner.sign_in(seller)
        running = await subscriptions.of_customer(world.rt, world.store.id, victim.id)
        subscription = next(one for one in running if one.status is SubscriptionStatus.ACTIVE)
        ids = {"seller": seller.id, "subscription_id": subscription.id}
        walk = cls(world, owner, customer, guest, world.ids | ids)
        await customer.sign_in(victim)
        return walk

    async def entries(self) -> dict[str, AuditEntry]:
        """The whole audit log, by id."""
        return {one.id: one for one in await self.world.rt.db.all(ENTRIES)}


Before = Callable[[Walk], Awaitable[Mapping[str, str]]]
"""Makes what the request needs; returns ids for its path, its fields and its subject."""
After = Callable[[Walk], Awaitable[None]]


@dataclass(frozen=True)
class Audited:
    """A change that must be noted: as ``action``, of ``subject`` (``type:id``), by ``actor``.

    ``{name}`` stands for an id of the world or of ``before``, ``*`` for one that is not known yet.
    """

    action: str
    subject: str
    fields: Mapping[str, str] = field(default_factory=dict)
    actor: str = SELLER
    query: str = ""
    file: tuple[str, bytes] | None = None
    before: Before | None = None
    after: After | None = None
    who: str = ""
    store: str = "{store_id}"


@dataclass(frozen=True)
class Nothing:
    """A change of neither money nor access, and why it is none."""

    reason: str


async def check(walk: Walk, rule: str, line: Audited) -> str:
    """Make the request; what is wrong, or ''."""
    ids = walk.ids | dict(await line.before(walk) if line.before else {})
    known = set(await walk.entries())
    status = await _ask(walk, rule, line, ids)
    if line.after is not None:
        await line.after(walk)
    new = [one for key, one in (await walk.entries()).items() if key not in known]
    wanted = tuple(
        text.format(**ids) for text in (line.store, line.actor, line.action, line.subject)
    )
    found = [
        (str(one.store_id or ""), f"{one.actor_type}:{one.actor_id}", one.action,
         f"{one.subject_type}:{one.subject_id}")
        for one in new
    ]  # fmt: skip
    if any(all(map(fnmatchcase, one, wanted)) for one in found):
        return ""
    return f"{rule} answered {status}; wanted {wanted}, found {found}"


async def _ask(walk: Walk, rule: str, line: Audited, ids: Mapping[str, str]) -> int:
    who = line.who or ("owner" if rule.startswith("/dash") else "customer")
    browser: Browser = getattr(walk, who)
    path = filled(rule, dict(ids))
    if who != "guest":  # who signs in has the door's form open
        forms = {"dashboard": "/dashboard/demo/settings/team", "p": "/p/demo/settings"}
        await browser.get(forms.get(path.split("/")[1], path))
    path += f"?{line.query.format(**ids)}" if line.query else ""
    fields = {name: value.format(**ids) for name, value in line.fields.items()}
    if line.file is None and "/uploads/" not in rule:
        await browser.send(path, **fields)
        return browser.status
    files = None
    if line.file is not None:
        files = {"file": FileStorage(io.BytesIO(line.file[1]), line.file[0])}
        fields["csrf_token"] = browser.csrf
    response = await browser.client.post(
        path, files=files, form=fields or None, headers={"X-CSRF-Token": browser.csrf}
    )
    return response.status_code


def changes(world: World) -> list[str]:
    """The rules of dashboard and portal, and of plugins' pages, that take more than a look."""
    return sorted(
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        and not re.match(r"/(mailbox|hooks|static)/", rule.rule)
    )
