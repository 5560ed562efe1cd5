"""Migrate one owner's tables and print what was applied; for tests with several processes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import sqlalchemy as sa
from portico.db.migrations import upgrade
from portico.db.schema import SchemaOwner

owner = SchemaOwner("shop", sa.MetaData(), Path(sys.argv[2]), "shop_version")
print(" ".join(asyncio.run(upgrade(sys.argv[1], [owner]))))
