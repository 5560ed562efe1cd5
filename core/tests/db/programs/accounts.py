"""A table of accounts and one of jobs, with their statements; used by tests and their programs."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from portico.db import NAMING_CONVENTION, Command, Query, UTCDateTime, lock_rows
from sqlalchemy import bindparam

metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("balance", sa.BigInteger, sa.CheckConstraint("balance >= 0", "not_negative"),
              nullable=False),
    sa.Column("owner", sa.Text, unique=True),
)  # fmt: skip
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.id"), nullable=False),
)
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("leased_by", sa.Text),
    sa.Column("due_at", UTCDateTime),
)


@dataclass(frozen=True)
class Account:
    id: str
    balance: int


OPEN = Command(
    sa.insert(accounts).values(
        id=bindparam("id"), balance=bindparam("balance"), owner=bindparam("owner", None)
    )
)
ACCOUNT = Query(
    Account, sa.select(accounts.c.balance, accounts.c.id).where(accounts.c.id == bindparam("id"))
)
LOCKED_ACCOUNT = Query(
    Account,
    lock_rows(
        sa.select(accounts.c.id, accounts.c.balance).where(accounts.c.id == bindparam("id")),
        skip_locked=False,
    ),
)
SET_BALANCE = Command(
    sa.update(accounts).where(accounts.c.id == bindparam("id")).values(balance=bindparam("balance"))
)
TOTAL = Query(int, sa.select(sa.func.sum(accounts.c.balance)))
COUNT = Query(int, sa.select(sa.func.count()).select_from(accounts))
ADD_ENTRY = Command(sa.insert(entries))
ADD_JOB = Command(sa.insert(jobs).values(id=bindparam("id")))
CLAIM = Query(
    int,
    sa.update(jobs)
    .where(
        jobs.c.id.in_(
            lock_rows(
                sa.select(jobs.c.id)
                .where(jobs.c.leased_by.is_(None))
                .order_by(jobs.c.id)
                .limit(bindparam("limit"))
            )
        )
    )
    .values(leased_by=bindparam("worker"))
    .returning(jobs.c.id),
)
