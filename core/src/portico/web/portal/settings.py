"""A customer's settings: address, language, signed-in devices."""

from quart import Blueprint, Response, request

from portico.customers import service as customers
from portico.customers.service import CHANGE_MINUTES, EmailTaken, InvalidEmail
from portico.emails import unsubscribing
from portico.emails.models import EmailKind
from portico.sessions import limits
from portico.sessions import service as sessions
from portico.sessions.browsers import browser_and_system
from portico.stores.models import PortalSettings
from portico.web.http import (
    client_network,
    current_customer,
    current_locale,
    current_visit,
    form,
    gettext,
    local_path,
    ngettext,
    notice,
    portal_path,
    redirect,
    remember_locale,
    render,
    runtime,
    signed_in,
    typed,
)
from portico.web.portal.mailed_pages import EmailChangePage
from portico.web.portal.pages import Device, ErrorPage, FieldError, SettingsPage
from portico.web.sign_in import forget_session

blueprint = Blueprint("settings", __name__)


@blueprint.get("/settings")
@signed_in
async def show() -> Response:
    """Address, language, devices."""
    return await _settings()


async def _settings(status: int = 200, *, email: str = "", error: str | None = None) -> Response:
    rt, visit, customer = runtime(), current_visit(), current_customer()
    current = visit.session.id if visit.session else ""
    pending = await customers.pending_email_change(rt, customer.store_id, customer.id)
    found = await sessions.devices(rt, customer.store_id, customer.id)
    page = SettingsPage(
        customer=customer,
        devices=tuple(
            Device(one, _device_label(one.user_agent), one.id == current) for one in found
        ),
        pending_email=pending.new_email if pending else None,
        email=email[:254],
        new_versions=await unsubscribing.wants(
            rt, visit.store, customer.id, EmailKind.FILE_VERSION
        ),
        data_download=PortalSettings.of(visit.store).data_download,
        data_erasure=PortalSettings.of(visit.store).data_erasure,
        errors=(FieldError("email", error),) if error else (),
    )
    return await render(page, status)


def _device_label(user_agent: str) -> str:
    browser, system = browser_and_system(user_agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("A browser we do not know")


@blueprint.get("/settings/email", endpoint="email")
@signed_in
async def show_email() -> Response:
    """The same page: where a form that came too late is shown again."""
    return await _settings(email=(await typed()).get("email", ""))


@blueprint.post("/settings/email")
@signed_in
async def change_email() -> Response:
    """Ask the new address for its proof."""
    rt, visit, customer = runtime(), current_visit(), current_customer()
    written = (await form()).get("email", "")
    try:
        email = customers.normalize_email(written)
    except InvalidEmail:
        words = gettext("Enter an e-mail address, such as name@example.com.")
        return await _settings(400, email=written, error=words)
    if email == customer.email:
        words = gettext("This is your address already.")
        return await _settings(400, email=written, error=words)
    wait = await limits.seconds_to_wait(
        rt,
        (limits.MAILS_PER_IP, client_network()),
        (limits.CHANGES_PER_CUSTOMER, customer.id),
        (limits.MAILS_PER_ADDRESS, f"{visit.store.id}\n{email}"),
    )
    if wait:
        minutes = -(-wait // 60)
        words = ngettext(
            "Please wait %(num)s minute before asking for another mail.",
            "Please wait %(num)s minutes before asking for another mail.",
            minutes,
        )
        return await _settings(429, email=written, error=words % {"num": minutes})
    await customers.request_email_change(rt, visit.store, customer, email, locale=current_locale())
    return redirect(portal_path("settings"))


@blueprint.get("/settings/email/confirm")
async def show_confirmation() -> Response:
    """What a proof link is for; nothing changes yet."""
    rt, visit = runtime(), current_visit()
    token = request.args.get("token") or (await typed()).get("token", "")
    change = await customers.preview_email_change(rt, visit.store, token)
    if change is None:
        return await _link_is_over()
    return await render(EmailChangePage(token=token, new_email=change.new_email))


@blueprint.post("/settings/email/confirm")
async def confirm_email() -> Response:
    """The new address is proven; it works in any browser that has the mail."""
    rt, visit = runtime(), current_visit()
    token = (await form()).get("token", "")
    keep = visit.session.id if visit.session else None
    try:
        customer = await customers.confirm_email_change(rt, visit.store, token, keep_session=keep)
    except EmailTaken:
        return await _taken()
    if customer is None:
        return await _link_is_over()
    notice("good", gettext("Your address is now %(email)s.") % {"email": customer.email})
    same = visit.customer is not None and visit.customer.id == customer.id
    return redirect(portal_path("settings" if same else "sign-in"))


async def _link_is_over() -> Response:
    words = gettext(
        "It works once, and for %(minutes)s minutes. You can ask for the change again in your "
        "settings."
    )
    return await render(
        ErrorPage(
            400,
            gettext("This link does not work any more"),
            words % {"minutes": CHANGE_MINUTES},
            gettext("Go to the settings"),
            portal_path("settings"),
        )
    )


async def _taken() -> Response:
    words = gettext(
        "Somebody else's purchases from %(store)s are under this address. If they are yours, "
        "sign in with it, or ask the store to put them together."
    )
    return await render(
        ErrorPage(
            409,
            gettext("This address is in use already"),
            words % {"store": current_visit().store.name},
            gettext("Go to the settings"),
            portal_path("settings"),
        )
    )


@blueprint.post("/settings/mails")
@signed_in
async def choose_mails() -> Response:
    """Whether to get the mails that a customer may decline."""
    rt, visit, customer = runtime(), current_visit(), current_customer()
    if (await form()).get("new_versions"):
        await unsubscribing.subscribe(rt, visit.store, customer.id, EmailKind.FILE_VERSION)
        notice("good", gettext("We will tell you about new versions of your files."))
    else:
        await unsubscribing.unsubscribe(rt, visit.store, customer.id, EmailKind.FILE_VERSION)
        notice("good", gettext("You get no more mails about new versions."))
    return redirect(portal_path("settings"))


@blueprint.post("/settings/language")
async def change_language() -> Response:
    """Choose the language; kept in this browser and, of a customer, for mails as well."""
    rt, visit, fields = runtime(), current_visit(), await form()
    locale = fields.get("locale", "")
    if locale in rt.themes.translations.locales:
        remember_locale(locale)
        if visit.customer is not None:
            await customers.set_locale(rt, visit.store.id, visit.customer.id, locale)
    return redirect(_came_from(fields))


def _came_from(fields: dict[str, str]) -> str:
    """The page with the form: it says so, or the browser does; never one of another site."""
    base = portal_path()
    referrer = request.headers.get("Referer", "")
    if referrer.startswith(request.host_url):
        referrer = "/" + referrer[len(request.host_url) :]
    return local_path(fields.get("next"), base) or local_path(referrer, base) or base


@blueprint.post("/settings/sign-out-everywhere")
@signed_in
async def sign_out_everywhere() -> Response:
    """End every session of the customer, this one too."""
    customer = current_customer()
    await sessions.sign_out_everywhere(runtime(), customer.store_id, customer.id)
    forget_session(runtime())
    return redirect(portal_path("sign-in"))


@blueprint.post("/settings/devices/<session_id>/sign-out")
@signed_in
async def sign_out_device(session_id: str) -> Response:
    """End the session of one device; nothing happens where it is somebody else's."""
    customer = current_customer()
    if await sessions.sign_out_device(runtime(), customer.store_id, customer.id, session_id):
        notice("good", gettext("That device is signed out."))
    return redirect(portal_path("settings"))
