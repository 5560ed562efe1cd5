"""What surrounds every page of the portal: the menu, languages, notices, plugins' panels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import structlog
from markupsafe import Markup
from quart import g, request

from portico.customers.models import Customer
from portico.hooks.order import as_shown
from portico.hooks.pages import NavigationItem, PanelSlot, PortalVisit
from portico.hooks.portal import PortalHooks
from portico.i18n import N_, Translator, direction, language_name
from portico.library import service as library
from portico.library.models import Sections
from portico.runtime import Runtime
from portico.sessions.models import Visit
from portico.stores.models import PortalSettings, Store
from portico.web.paths import portal_base
from portico.web.portal.frame_model import Frame, Language, MenuItem, Notice
from portico.web.portal.pages import (
    BillingPage,
    DownloadsPage,
    LicensesPage,
    OverviewPage,
    Page,
    PurchasePage,
    SettingsPage,
)
from portico.web.portal.subscription_pages import SubscriptionPage

_log = structlog.get_logger(__name__)


class _Section(NamedTuple):
    """An entry of core's own; ``needs`` is the field of ``Sections`` that shows it."""

    label: str
    path: str
    icon: str
    needs: str | None


_MENU = (
    _Section(N_("Overview"), "", "home", None),
    _Section(N_("Purchases"), "purchases", "bag", "purchases"),
    _Section(N_("Subscriptions"), "subscriptions", "loop", "subscriptions"),
    _Section(N_("Downloads"), "downloads", "download", "downloads"),
    _Section(N_("License keys"), "licenses", "key", "licenses"),
    _Section(N_("Billing"), "billing", "card", "billing"),
    _Section(N_("Settings"), "settings", "gear", None),
)
_MAIN = _MENU[:-1]
_LAST = _MENU[-1:]  # settings come after what plugins add


def note_sections(sections: Sections) -> None:
    """Keep for the menu what the page has loaded anyway."""
    g.portal_sections = sections


async def build_frame(
    rt: Runtime,
    visit: Visit,
    *,
    locale: str,
    csrf_token: str,
    notices: Sequence[Notice] = (),
) -> Frame:
    """The frame of the page that is being answered."""
    store, customer = visit.store, visit.customer
    base = portal_base(store.slug)
    settings = PortalSettings.of(store)
    menu: tuple[MenuItem, ...] = ()
    has_subscriptions = False
    if customer is not None:
        sections: Sections | None = g.get("portal_sections")
        if sections is None:
            sections = await library.sections(rt, store, customer.id)
        has_subscriptions = sections.subscriptions and "subscriptions" in settings.sections
        extra = await _plugin_items(rt, store, customer, locale)
        said = rt.themes.translations.translator(locale)
        first = request.path.removeprefix(f"/p/{store.slug}/").partition("/")[0]
        shown = frozenset(settings.sections)
        menu = _menu(said, base, sections, shown, first, tuple(extra))
    return Frame(
        store=store,
        locale=locale,
        direction=direction(locale),
        csrf_token=csrf_token,
        menu=menu,
        languages=languages(settings.offered(rt.themes.translations.locales), locale),
        customer=customer,
        notices=tuple(notices),
        privacy_url=settings.privacy_url,
        terms_url=settings.terms_url,
        imprint_url=f"{base}imprint" if settings.imprint else None,
        has_subscriptions=has_subscriptions,
        foot=await _foot(rt, visit, locale),
        base=base,
    )


@lru_cache(maxsize=256)
def languages(codes: tuple[str, ...], current: str) -> tuple[Language, ...]:
    """What a menu of languages offers."""
    return tuple(Language(code, language_name(code), code == current) for code in codes)


@lru_cache(maxsize=1024)
def _menu(
    translator: Translator,
    base: str,
    sections: Sections,
    wanted: frozenset[str],
    first: str,
    extra: tuple[MenuItem, ...],
) -> tuple[MenuItem, ...]:
    """The entries that the store wants and that have something in them; the one of the path that
    begins with ``first`` is marked."""

    def item(section: _Section) -> MenuItem:
        label = translator.gettext(section.label)
        return MenuItem(label, base + section.path, section.icon, first == section.path)

    def shown(section: _Section) -> bool:
        if section.needs is None:
            return True
        return section.needs in wanted and bool(getattr(sections, section.needs))

    return (
        *(item(section) for section in _MAIN if shown(section)),
        *extra,
        *(item(section) for section in _LAST),
    )


async def _plugin_items(
    rt: Runtime, store: Store, customer: Customer, locale: str
) -> list[MenuItem]:
    if not rt.registry.names_answering(PortalHooks.portal_navigation):
        return []
    replies = await rt.hooks.each(store, PortalHooks.portal_navigation, customer, locale=locale)
    return [_plugin_item(store, plugin, item) for item, plugin in as_shown(store, replies)]


async def _foot(rt: Runtime, visit: Visit, locale: str) -> tuple[MenuItem, ...]:
    """What plugins add to the foot."""
    if not rt.registry.names_answering(PortalHooks.portal_footer):
        return ()
    store = visit.store
    replies = await rt.hooks.each(
        store, PortalHooks.portal_footer, PortalVisit(visit.customer), locale=locale
    )
    return tuple(_plugin_item(store, plugin, item) for item, plugin in as_shown(store, replies))


def _plugin_item(store: Store, plugin: str, item: NavigationItem) -> MenuItem:
    path = f"x/{plugin}/{item.path.lstrip('/')}"
    here = request.path == f"/p/{store.slug}/{path}".rstrip("/")
    return MenuItem(item.label, portal_base(store.slug) + path, item.icon, here)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where plugins may add panels to a page."""

    name: str
    subject_id: str | None = None


def _place(page: Page) -> _Place | None:
    match page:
        case PurchasePage():
            return _Place("purchase", page.purchase.order.id)
        case SubscriptionPage():
            return _Place("subscription", page.row.subscription.id)
        case _:
            name = _PLACES.get(type(page))
            return _Place(name) if name else None


_PLACES: dict[type, str] = {
    OverviewPage: "overview",
    DownloadsPage: "downloads",
    LicensesPage: "licenses",
    BillingPage: "billing",
    SettingsPage: "settings",
}


async def panels(rt: Runtime, visit: Visit, page: Page, frame: Frame) -> dict[str, list[Markup]]:
    """What plugins add to the page, by slot. A panel that cannot be rendered is left out."""
    if visit.customer is None or not rt.registry.names_answering(PortalHooks.portal_panels):
        return {}
    place = _place(page)
    if place is None:
        return {}
    slot = PanelSlot(place.name, customer=visit.customer, subject_id=place.subject_id)
    replies = await rt.hooks.each(visit.store, PortalHooks.portal_panels, slot, locale=frame.locale)
    drawn: list[Markup] = []
    for panel, plugin in as_shown(visit.store, replies):
        try:
            drawn.append(rt.themes.render_panel(visit.store, panel.template, frame, panel.context))
        except Exception:
            # Whatever a plugin's template does wrong, the page is shown without it.
            _log.warning("panel_failed", plugin=plugin, template=panel.template, exc_info=True)
    return {place.name: drawn}
