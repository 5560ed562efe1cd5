"""No row of one store can refer to another's, and no statement forgets the store."""

import importlib
import pkgutil
from collections.abc import Iterator

import portico
import pytest
import sqlalchemy as sa
from portico.db import Command, Query
from portico.tables import metadata
from sqlalchemy.sql import visitors

# Tables whose rows may belong to no store (DESIGN: sessions, outbox, health, rate counters), and
# those that are about the installation itself.
NO_STORE = {
    "stores", "sellers", "sessions", "sign_in_attempts", "outbox", "emails", "audit_log",
    "hook_health", "hook_times", "rate_counters", "setup_links",
}  # fmt: skip

# Statements of the worker and of operators, which work for every store at once. Each is named
# with its reason; a page never runs one.
ACROSS_STORES = {
    "activation.queries.SECRETS": "`portico secrets rotate` encrypts those of every store anew",
    "domains.queries.IS_KNOWN": "a proxy asks, before it gets a certificate for a host",
    "domains.queries.WATCHED": "the worker looks again at every store's domain",
    "sellers.queries.STORES": "the list of a seller's own stores, by the seller",
    "storage.queries.DUE": "the hourly collection of stored bytes that no row names",
    "stores.queries.DROP_IMAGES": "the hourly collection of pictures of long ago",
    "stores.queries.IMAGE_USES": "the same: which pictures are in use",
    "uploads.queries.STALE": "the hourly collection of uploads that were given up",
    "sellers.queries.INVITATIONS_OF_SELLER": "the stores that a seller is invited to",
}


def store_tables() -> list[sa.Table]:
    return [table for table in metadata.sorted_tables if table.name not in NO_STORE]


@pytest.mark.parametrize("table", store_tables(), ids=lambda table: table.name)
def test_a_stores_table_is_keyed_by_store_and_refers_by_store(table: sa.Table) -> None:
    assert "store_id" in {column.name for column in table.primary_key}
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table.name in ("stores", "sellers"):
            continue
        assert "store_id" in constraint.column_keys, f"{table.name}: {constraint.column_keys}"
        assert len(constraint.column_keys) == 2


def statements() -> Iterator[tuple[str, Query[object] | Command]]:
    for module in pkgutil.walk_packages(portico.__path__, "portico."):
        if module.name.rsplit(".", 1)[-1] != "queries":
            continue
        loaded = importlib.import_module(module.name)
        where = module.name.removeprefix("portico.")
        for name, value in vars(loaded).items():
            many = value.items() if isinstance(value, dict) else [("", value)]
            for key, one in many:
                if isinstance(one, Query | Command):
                    yield f"{where}.{name}{f'[{key}]' if key else ''}", one


def tables_in(statement: sa.ClauseElement) -> set[str]:
    return {
        element.name for element in visitors.iterate(statement) if isinstance(element, sa.Table)
    }


def parameters_of(statement: sa.ClauseElement) -> set[str]:
    return {
        element.key
        for element in visitors.iterate(statement)
        if isinstance(element, sa.BindParameter)
    }


@pytest.mark.parametrize(
    ("name", "statement"), list(statements()), ids=[name for name, _ in statements()]
)
def test_a_statement_on_a_stores_rows_takes_the_store(
    name: str, statement: Query[object] | Command
) -> None:
    touched = tables_in(statement.statement) - NO_STORE
    if not touched or name in ACROSS_STORES:
        return
    taken = parameters_of(statement.statement)
    by_store = any("store" in parameter or parameter == "slug" for parameter in taken)
    is_insert = isinstance(statement.statement, sa.Insert)
    assert by_store or is_insert, f"{name} reads {touched} without naming a store: takes {taken}"


def test_the_exceptions_are_real() -> None:
    assert set(ACROSS_STORES) <= {name for name, _ in statements()}
