"""What only a seller does with a license key: see it in full, have a failed one made again."""

from portico.actors import actor
from portico.events import service as events
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.licenses import queries
from portico.licenses.models import License, LicenseState
from portico.licenses.queries import REPLACES
from portico.runtime import Runtime
from portico.stores.models import Store

_HAS_ONE = N_("This does not wait for a key any more.")


async def reveal(rt: Runtime, store: Store, license_id: str, *, by: str) -> License:
    """The license with its key, and a note of who has seen it. LookupError where there is none."""
    found = await rt.db.one(queries.LICENSE, store_id=store.id, license_id=license_id)
    if found is None:
        raise LookupError("there is no such license")
    await _audit(rt, store, by, "license.reveal", license_id)
    return found


def replaced_by(one: License) -> str:
    """The id of the key whose place this one has taken; empty where there is none."""
    return one.grant_key.removeprefix(REPLACES) if one.grant_key.startswith(REPLACES) else ""


async def try_again(rt: Runtime, store: Store, license_id: str, *, by: str) -> None:
    """Have the issuer asked for the key at once, also when the worker has given up.

    LookupError where there is no such license, Refused for one that does not wait for its key.
    """
    async with rt.db.transaction():
        found = await rt.db.one(queries.LICENSE, store_id=store.id, license_id=license_id)
        if found is None:
            raise LookupError("there is no such license")
        if found.state is not LicenseState.PENDING:
            raise Refused(_HAS_ONE)
        key = f"license:{license_id}"
        await events.hurry(rt, store.id, key)
        # Where the delivery is lost (a restored backup), a new one; else this changes nothing.
        await events.put(rt, "license", key, {"license_id": license_id}, store_id=store.id)
        await _audit(rt, store, by, "license.try_again", license_id)


async def _audit(rt: Runtime, store: Store, by: str, action: str, license_id: str) -> None:
    actor_type, actor_id = actor(by)
    await events.audit(
        rt, store_id=store.id, actor_type=actor_type, actor_id=actor_id, action=action,
        subject_type="license", subject_id=license_id,
    )  # fmt: skip
