"""Signing in: core's rules around the plugins that know how somebody proves who they are."""

from collections.abc import Mapping
from dataclasses import dataclass

from portico.activation import service as activation
from portico.actors import actor
from portico.customers.models import Customer
from portico.events import service as events
from portico.hooks.auth import (
    AuthHooks,
    Identified,
    NotIdentified,
    ProofPreview,
    SignInProof,
    SignInStarted,
)
from portico.hooks.errors import Refused
from portico.runtime import Runtime
from portico.sessions import limits, service
from portico.sessions.models import Audience, OpenedSession, SignInAttempt
from portico.stores.models import Store


class TooMany(Exception):
    """Asked too often; it is fine again in ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser that signs in. ``device`` is the hash of its cookie; ``network`` what counts as
    one client for rate limits."""

    device: str
    ip: str
    network: str
    user_agent: str
    locale: str


def audience(store: Store | None) -> Audience:
    """Customers sign in to a store, sellers to the dashboard."""
    return Audience.CUSTOMER if store else Audience.SELLER


def _fitting(rt: Runtime, wanted: Audience) -> list[str]:
    contributed = rt.registry.contributed(AuthHooks.sign_in_methods)
    return [
        name
        for name, methods in contributed.items()
        if any(wanted in method.audiences for method in methods)
    ]


async def method(rt: Runtime, store: Store | None) -> str:
    """The plugin for new sign-ins. Refused where there is none."""
    fitting = _fitting(rt, audience(store))
    if store is not None:
        chosen = await activation.chosen(rt, store, AuthHooks.begin_sign_in, setting="auth")
        on = await activation.enabled(rt, store)
        fitting = [name for name in fitting if name in on]
        if chosen in fitting:
            return chosen
    if not fitting:
        raise Refused("Signing in is switched off here.")
    return fitting[0]


async def start(
    rt: Runtime, store: Store | None, email: str, browser: Browser, next_path: str
) -> tuple[SignInAttempt, SignInStarted]:
    """Begin to sign in as ``email`` (normalized). Raises TooMany and what the plugin raises.

    Nothing in here depends on whether anybody has the address.
    """
    where = store.id if store else ""
    wait = await limits.seconds_to_wait(
        rt,
        (limits.MAILS_PER_IP, browser.network),
        (limits.MAILS_PER_ADDRESS, f"{where}\n{email}"),
    )
    if wait:
        raise TooMany(wait)
    plugin = await method(rt, store)
    attempt = await service.begin(
        rt,
        store,
        email,
        method=plugin,
        device=browser.device,
        next_path=next_path,
        locale=browser.locale,
        ip=browser.ip,
    )
    started = await rt.hooks.owner(
        store, plugin, AuthHooks.begin_sign_in, attempt, locale=browser.locale
    )
    return attempt, started


async def send_link(
    rt: Runtime, store: Store, customer: Customer, *, network: str, by: str
) -> None:
    """Mail a sign-in link to a customer, for a seller. Raises TooMany and what the plugin raises.

    The mail has no code: no browser has asked for one. ``network`` is the seller's.
    """
    locale = customer.locale or store.locale
    browser = Browser(device="", ip="", network=network, user_agent="", locale=locale)
    await start(rt, store, customer.email, browser, "")
    kind, actor_id = actor(by)
    await events.audit(
        rt, store_id=store.id, actor_type=kind, actor_id=actor_id, action="customer.send_link",
        subject_type="customer", subject_id=customer.id,
    )  # fmt: skip


async def preview(rt: Runtime, store: Store | None, token: str, browser: Browser) -> ProofPreview:
    """What a link is for, without using it up."""
    proof = SignInProof(audience(store), {"token": token}, None, browser.device)
    for plugin in await _answering(rt, store):
        found = await rt.hooks.owner(
            store, plugin, AuthHooks.preview_sign_in, proof, locale=browser.locale
        )
        if found.attempt is not None and _belongs(found.attempt, store):
            return found
    return ProofPreview(None, "unknown")


async def by_link(
    rt: Runtime, store: Store | None, token: str, browser: Browser, previous: str | None
) -> OpenedSession | NotIdentified:
    """Sign in the browser that confirms a link. ``previous`` is the session cookie it had."""
    proof = SignInProof(audience(store), {"token": token}, None, browser.device)
    for plugin in await _answering(rt, store):
        found = await _complete(rt, store, plugin, proof, browser, previous)
        if not isinstance(found, NotIdentified) or found.attempt is not None:
            return found
    return NotIdentified("unknown")


async def by_code(
    rt: Runtime,
    store: Store | None,
    fields: Mapping[str, str],
    browser: Browser,
    previous: str | None,
) -> OpenedSession | NotIdentified:
    """Sign in the browser that types the code of the mail it has asked for. Raises TooMany."""
    wait = await limits.seconds_to_wait(rt, (limits.CODES_PER_IP, browser.network))
    if wait:
        raise TooMany(wait)
    attempt = await latest(rt, store, browser)
    if attempt is None:
        return NotIdentified("unknown")
    proof = SignInProof(audience(store), dict(fields), attempt, browser.device)
    return await _complete(rt, store, attempt.method, proof, browser, previous)


async def latest(rt: Runtime, store: Store | None, browser: Browser) -> SignInAttempt | None:
    """The newest attempt of this browser."""
    return await service.latest_attempt(
        rt, store.id if store else None, audience(store), browser.device
    )


async def _answering(rt: Runtime, store: Store | None) -> list[str]:
    """The plugins a link may have come from; one that retires still answers for its links."""
    fitting = _fitting(rt, audience(store))
    if store is None:
        return fitting
    on = await activation.enabled(rt, store, retiring=True)
    return [name for name in fitting if name in on]


async def _complete(
    rt: Runtime,
    store: Store | None,
    plugin: str,
    proof: SignInProof,
    browser: Browser,
    previous: str | None,
) -> OpenedSession | NotIdentified:
    found: Identified | NotIdentified = await rt.hooks.owner(
        store, plugin, AuthHooks.complete_sign_in, proof, locale=browser.locale
    )
    if isinstance(found, NotIdentified):
        if found.attempt is not None and not _belongs(found.attempt, store):
            return NotIdentified("unknown")
        return found
    attempt = await service.attempt(rt, store.id if store else None, found.attempt_id)
    if attempt is None or attempt.method != plugin:
        return NotIdentified("unknown")
    opened = await service.open_session(
        rt,
        store,
        attempt.id,
        previous_token=previous,
        user_agent=browser.user_agent,
        ip=browser.ip,
    )
    return opened or NotIdentified("used", attempt)


def _belongs(attempt: SignInAttempt, store: Store | None) -> bool:
    return attempt.store_id == (store.id if store else None)
