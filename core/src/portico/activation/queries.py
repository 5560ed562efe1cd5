"""Statements of plugin activations, their health, and what a store should look at."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portico.activation.models import Activation, Finding, HookHealth, HookTimes
from portico.activation.tables import (
    findings,
    hook_health,
    hook_times,
    plugin_secrets,
    store_plugins,
)
from portico.catalog.models import FileState
from portico.catalog.tables import file_versions, files
from portico.db import Command, Query, UTCDateTime, upsert
from portico.events.models import DeliveryState
from portico.events.tables import outbox
from portico.invoices.models import InvoiceState
from portico.invoices.tables import invoices
from portico.licenses.models import LicenseState
from portico.licenses.tables import licenses
from portico.orders.models import PaymentState, RefundState
from portico.orders.tables import payments, refunds
from portico.stores.tables import stores
from portico.subscriptions.models import SubscriptionStatus
from portico.subscriptions.tables import payment_methods, subscriptions


@dataclass(frozen=True, slots=True)
class PluginRow:
    """A store's version with one of its plugins; ``plugin`` is None in a store without any."""

    plugins_version: int
    plugin: str | None
    state: Activation | None
    settings: dict[str, Any] | None
    secrets: str | None


@dataclass(frozen=True, slots=True)
class DependentRow:
    """How many records of one kind depend on a plugin."""

    what: str
    count: int


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A secret that a plugin keeps in a store, encrypted."""

    plugin: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class SecretRow:
    """One plugin's encrypted settings."""

    store_id: str
    plugin: str
    secrets: str


_store = sa.bindparam("store_id", type_=sa.Text)
_plugin = sa.bindparam("plugin", type_=sa.Text)

ROWS = Query(
    PluginRow,
    sa.select(
        stores.c.plugins_version,
        store_plugins.c.plugin,
        store_plugins.c.state,
        store_plugins.c.settings,
        store_plugins.c.secrets,
    )
    .select_from(stores.outerjoin(store_plugins, store_plugins.c.store_id == stores.c.id))
    .where(stores.c.id == _store),
)

BUMP = Query(
    int,
    sa.update(stores)
    .where(stores.c.id == _store)
    .values(plugins_version=stores.c.plugins_version + 1)
    .returning(stores.c.plugins_version),
)
"""Also locks the store's row, so that changes of one store's plugins follow each other."""

HOLD = Query(
    int,
    sa.select(stores.c.plugins_version).where(stores.c.id == _store).with_for_update(read=True),
)
"""Keeps ``BUMP`` waiting until the transaction ends, but no other ``HOLD``."""

SET_STATE = Command(
    upsert(store_plugins, ["store_id", "plugin"], ["state", "updated_at"]).values(
        store_id=_store,
        plugin=_plugin,
        state=sa.bindparam("state", type_=store_plugins.c.state.type),
        settings={},
        secrets=None,
        updated_at=sa.bindparam("now", type_=UTCDateTime),
    )
)

SET_SETTINGS = Command(
    upsert(store_plugins, ["store_id", "plugin"], ["settings", "secrets", "updated_at"]).values(
        store_id=_store,
        plugin=_plugin,
        state=Activation.OFF,
        settings=sa.bindparam("settings", type_=store_plugins.c.settings.type),
        secrets=sa.bindparam("secrets", type_=sa.Text),
        updated_at=sa.bindparam("now", type_=UTCDateTime),
    )
)

SECRETS = Query(
    SecretRow,
    sa.select(store_plugins.c.store_id, store_plugins.c.plugin, store_plugins.c.secrets)
    .where(store_plugins.c.store_id == _store, store_plugins.c.secrets.is_not(None))
    .order_by(store_plugins.c.plugin),
)

REPLACE_SECRETS = Command(
    sa.update(store_plugins)
    .where(
        store_plugins.c.store_id == _store,
        store_plugins.c.plugin == _plugin,
        # Somebody may have saved new ones meanwhile.
        store_plugins.c.secrets == sa.bindparam("old", type_=sa.Text),
    )
    .values(secrets=sa.bindparam("new", type_=sa.Text))
)

_named = (
    plugin_secrets.c.store_id == _store,
    plugin_secrets.c.plugin == _plugin,
    plugin_secrets.c.name == sa.bindparam("secret", type_=sa.Text),
)
KEEP_SECRET = Command(
    upsert(plugin_secrets, ["store_id", "plugin", "name"], ["token", "created_at", "expires_at"])
    .values(
        store_id=_store,
        plugin=_plugin,
        name=sa.bindparam("secret", type_=sa.Text),
        token=sa.bindparam("token", type_=sa.Text),
        created_at=sa.bindparam("now", type_=UTCDateTime),
        expires_at=sa.bindparam("expires_at", type_=UTCDateTime),
    )
)  # fmt: skip
KEPT_SECRET = Query(
    str,
    sa.select(plugin_secrets.c.token).where(
        *_named,
        sa.or_(
            plugin_secrets.c.expires_at.is_(None),
            plugin_secrets.c.expires_at > sa.bindparam("now", type_=UTCDateTime),
        ),
    ),
)
FORGET_SECRET = Command(sa.delete(plugin_secrets).where(*_named))
KEPT_SECRETS = Query(
    KeptSecret,
    sa.select(plugin_secrets.c.plugin, plugin_secrets.c.name, plugin_secrets.c.token)
    .where(plugin_secrets.c.store_id == _store)
    .order_by(plugin_secrets.c.plugin, plugin_secrets.c.name),
)
REPLACE_KEPT_SECRET = Command(
    sa.update(plugin_secrets)
    .where(*_named, plugin_secrets.c.token == sa.bindparam("old", type_=sa.Text))
    .values(token=sa.bindparam("new", type_=sa.Text))
)


def _count(what: str, table: sa.FromClause, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(
        sa.literal_column(f"'{what}'").label("what"), sa.func.count().label("count")
    ).select_from(table).where(*conditions)  # fmt: skip


DEPENDENTS = Query(
    DependentRow,
    sa.union_all(
        _count(
            "subscriptions",
            subscriptions,
            subscriptions.c.store_id == _store,
            subscriptions.c.provider == _plugin,
            subscriptions.c.status != SubscriptionStatus.CANCELED,
        ),
        _count(
            "pending payments",
            payments,
            payments.c.store_id == _store,
            payments.c.provider == _plugin,
            payments.c.state.in_([PaymentState.PENDING, PaymentState.REQUIRES_ACTION]),
        ),
        _count(
            "pending refunds",
            refunds,
            refunds.c.store_id == _store,
            refunds.c.provider == _plugin,
            refunds.c.state == RefundState.PENDING,
        ),
        _count(
            "open invoices",
            invoices,
            invoices.c.store_id == _store,
            invoices.c.provider == _plugin,
            invoices.c.state == InvoiceState.OPEN,
        ),
        _count(
            "payment methods",
            payment_methods,
            payment_methods.c.store_id == _store,
            payment_methods.c.provider == _plugin,
            payment_methods.c.detached_at.is_(None),
        ),
        _count(
            "files",
            file_versions.join(
                files,
                sa.and_(
                    files.c.store_id == file_versions.c.store_id,
                    files.c.id == file_versions.c.file_id,
                ),
            ),
            file_versions.c.store_id == _store,
            file_versions.c.storage == _plugin,
            files.c.state == FileState.ACTIVE,
        ),
        _count(
            "licenses",
            licenses,
            licenses.c.store_id == _store,
            licenses.c.issuer == _plugin,
            licenses.c.state.in_([LicenseState.PENDING, LicenseState.ACTIVE]),
        ),
        _count(
            "deliveries",
            outbox,
            outbox.c.store_id == _store,
            outbox.c.payload["plugin"].as_string() == _plugin,
            outbox.c.state != DeliveryState.DEAD,
            # What runs by itself is no debt: it ends with the plugin.
            sa.not_(outbox.c.key.startswith("periodic:", autoescape=True)),
        ),
    ),
)

_counted = ("calls", "errors", "timeouts", "total_ms")
_latest = ("last_error", "last_error_at")


def _new(column: str) -> sa.ColumnElement[Any]:
    """The value of the row that could not be inserted."""
    return sa.literal_column(f"excluded.{column}", hook_health.c[column].type)


ADD_HEALTH = Command(
    upsert(
        hook_health,
        ["plugin", "store_id", "hook"],
        {name: hook_health.c[name] + _new(name) for name in _counted}
        | {name: sa.func.coalesce(_new(name), hook_health.c[name]) for name in _latest},
    ).values({one.name: sa.bindparam(one.name, type_=one.type) for one in hook_health.c})
)

HEALTH = Query(
    HookHealth,
    sa.select(hook_health)
    .where(hook_health.c.store_id == _store)
    .order_by(hook_health.c.plugin, hook_health.c.hook),
)

RESET_HEALTH = Command(
    sa.delete(hook_health).where(hook_health.c.store_id == _store, hook_health.c.plugin == _plugin)
)

ADD_STEPS = Command(
    upsert(
        hook_times,
        ["plugin", "store_id", "hook", "step"],
        {"calls": hook_times.c.calls + sa.literal_column("excluded.calls", sa.BigInteger)},
    ).values({one.name: sa.bindparam(one.name, type_=one.type) for one in hook_times.c})
)

TIMES = Query(
    HookTimes,
    sa.select(hook_times.c.plugin, hook_times.c.hook, hook_times.c.step, hook_times.c.calls).where(
        hook_times.c.store_id == _store
    ),
)

RESET_TIMES = Command(
    sa.delete(hook_times).where(hook_times.c.store_id == _store, hook_times.c.plugin == _plugin)
)

_finding = {
    "store_id": _store,
    "id": sa.bindparam("id", type_=sa.Text),
    "source": sa.bindparam("source", type_=sa.Text),
    "kind": sa.bindparam("kind", type_=sa.Text),
    "subject_id": sa.bindparam("subject_id", type_=sa.Text),
    "message": sa.bindparam("message", type_=sa.Text),
    "count": 1,
    "first_seen_at": sa.bindparam("now", type_=UTCDateTime),
    "last_seen_at": sa.bindparam("now", type_=UTCDateTime),
    "resolved_at": None,
}

REPORT_FINDING = Command(
    upsert(
        findings,
        ["store_id", "kind", "subject_id"],
        {
            "source": sa.literal_column("excluded.source"),
            "message": sa.literal_column("excluded.message"),
            "last_seen_at": sa.literal_column("excluded.last_seen_at", UTCDateTime),
            "count": findings.c["count"] + 1,
            "resolved_at": None,
        },
    ).values(_finding)
)

FINDINGS = Query(
    Finding,
    sa.select(findings)
    .where(findings.c.store_id == _store, findings.c.resolved_at.is_(None))
    .order_by(findings.c.last_seen_at.desc(), findings.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)

RESOLVE_FINDING = Command(
    sa.update(findings)
    .where(
        findings.c.store_id == _store,
        findings.c.kind == sa.bindparam("kind", type_=sa.Text),
        findings.c.subject_id == sa.bindparam("subject_id", type_=sa.Text),
        findings.c.resolved_at.is_(None),
    )
    .values(resolved_at=sa.bindparam("now", type_=UTCDateTime))
)
