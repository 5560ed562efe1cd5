"""What plugins may set going: mails, jobs, hints; and their sign-in attempts and links."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portico.emails import service as emails
from portico.events import service as events
from portico.events.models import Lane
from portico.hooks.checkout import Hint
from portico.lending import queries
from portico.lending.scope import Lent
from portico.orders.hints import put_hint
from portico.sessions.models import Audience, SignInAttempt
from portico.stores.urls import dashboard_url, portal_url


class LentMail:
    """``Mail`` in the name of one plugin."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def queue(
        self,
        kind: str,
        to: str,
        *,
        params: Mapping[str, Any],
        locale: str | None = None,
        customer_id: str | None = None,
        lane: Lane = Lane.NORMAL,
        key: str | None = None,
    ) -> str:
        lent = self._lent
        return await emails.queue(
            lent.rt,
            lent.store,
            kind,
            to,
            params=params,
            locale=locale or lent.locale,
            customer_id=customer_id,
            lane=lane,
            key=None if key is None else f"{lent.plugin}:{key}",
            plugin=lent.plugin,
        )


class LentEvents:
    """``Events`` of one plugin."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def enqueue(
        self, job: str, payload: Mapping[str, Any], *, after: timedelta | None = None, key: str = ""
    ) -> None:
        lent = self._lent
        declared = lent.rt.registry.plugins[lent.plugin].contributed.get("jobs", ())
        if all(one.name != job for one in declared):
            raise LookupError(f"plugin {lent.plugin} declares no job {job!r}")
        await events.put_job(
            lent.rt,
            lent.plugin,
            job,
            payload,
            store_id=lent.store.id if lent.store else None,
            key=key,
            not_before=lent.rt.clock.now() + after if after else None,
        )

    async def hint(self, kind: str, provider_ref: str, *, key: str = "") -> None:
        hint = Hint(kind=kind, provider_ref=provider_ref, event_id=key)
        await put_hint(self._lent.rt, self._lent.store_id, self._lent.plugin, hint)


class LentSignIns:
    """``SignIns`` that one plugin carries out."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def get(self, attempt_id: str) -> SignInAttempt | None:
        lent = self._lent
        return await lent.rt.db.one(queries.ATTEMPT, id=attempt_id, **self._mine())

    async def latest(self, audience: Audience, device: str) -> SignInAttempt | None:
        lent = self._lent
        return await lent.rt.db.one(
            queries.LATEST_ATTEMPT, audience=audience, device=device, **self._mine()
        )

    async def count_try(self, attempt_id: str) -> int:
        lent = self._lent
        tries = await lent.rt.db.one(queries.COUNT_TRY, id=attempt_id, **self._mine())
        if tries is None:
            raise LookupError(f"there is no sign-in attempt {attempt_id!r}")
        return tries

    def _mine(self) -> dict[str, str | None]:
        lent = self._lent
        return {"method": lent.plugin, "store_id": lent.store.id if lent.store else None}


class LentUrls:
    """``Urls`` of one plugin."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    def portal(self, path: str = "") -> str:
        return portal_url(self._lent.rt.settings, self._lent.require_store(), path)

    def dashboard(self, path: str = "") -> str:
        return dashboard_url(self._lent.rt.settings, path)

    def plugin(self, path: str = "") -> str:
        lent = self._lent
        root = lent.rt.registry.plugins[lent.plugin].plugin.root or f"x/{lent.plugin}"
        return f"{lent.rt.settings.base_url}/{root}/{path.lstrip('/')}"

    def webhook(self) -> str:
        lent = self._lent
        slug = lent.require_store().slug
        return f"{lent.rt.settings.base_url}/hooks/{lent.plugin}/{slug}"
