"""Settings > Team: who looks after the store, and as what."""

from quart import Blueprint, Response

from portico.sellers import team
from portico.sellers.models import Member, Permission, Role
from portico.sellers.team import AlreadyMember, LastOwner
from portico.sessions import limits
from portico.web.dashboard.forms import EmailAddress, Fields, Form, shown, submitted
from portico.web.dashboard.frame import confirm, page
from portico.web.dashboard.here import ROLES, Here, here, not_found, store_view
from portico.web.http import gettext, lead_to, notice

blueprint = Blueprint("team", __name__)


class InvitationForm(Form):
    """Somebody to invite."""

    email: EmailAddress
    role: Role


class RoleForm(Form):
    """Another role for a member."""

    role: Role


@blueprint.get("/settings/team")
@store_view(Permission.VIEW)
async def index() -> Response:
    """The team and the open invitations."""
    return await _show(shown({"email": "", "role": Role.MANAGER.value}))


async def _show(form: Fields[InvitationForm] | Fields[Form], status: int = 200) -> Response:
    at = here()
    context = {
        "form": form,
        "members": await team.members(at.rt, at.store.id),
        "invited": await team.invited(at.rt, at.store.id),
        "roles": {role.value: gettext(words) for role, words in ROLES.items()},
        "now": at.rt.clock.now(),
    }
    return await page("dashboard/settings/team.html", context, status)


@blueprint.post("/settings/team")
@store_view(Permission.EDIT_TEAM)
async def invite() -> Response:
    """Invite somebody by mail."""
    at = here()
    fields = await submitted(InvitationForm)
    if fields.data is None:
        return await _show(fields, 400)
    if await _too_many(at, fields.data.email):
        return await _show(fields.refuse("email", _wait()), 429)
    try:
        await team.invite(at.rt, at.store, fields.data.email, fields.data.role, by=at.by)
    except AlreadyMember:
        words = gettext("%(email)s is in the team already. Change the role in the list.")
        return await _show(fields.refuse("email", words % {"email": fields.data.email}), 409)
    words = gettext("An invitation is on its way to %(email)s.")
    notice("good", words % {"email": fields.data.email})
    return lead_to(at.path("settings/team"))


async def _too_many(at: Here, email: str) -> bool:
    """Whether this address has had enough mails of us for a while."""
    who = f"{at.store.id}\n{email}"
    return bool(await limits.seconds_to_wait(at.rt, (limits.MAILS_PER_ADDRESS, who)))


def _wait() -> str:
    return gettext("This address was written to several times. Wait 15 minutes and try again.")


@blueprint.post("/settings/team/<seller_id>/resend")
@store_view(Permission.EDIT_TEAM)
async def resend(seller_id: str) -> Response:
    """Send the invitation once more; it is good for another seven days."""
    at = here()
    if await _too_many(at, seller_id):
        notice("bad", _wait())
    elif await team.invite_again(at.rt, at.store, seller_id, by=at.by):
        notice("good", gettext("The invitation was sent again."))
    else:
        not_found()
    return lead_to(at.path("settings/team"))


@blueprint.post("/settings/team/<seller_id>/revoke")
@store_view(Permission.EDIT_TEAM)
async def revoke(seller_id: str) -> Response:
    """Withdraw an invitation."""
    at = here()
    if not await team.revoke(at.rt, at.store.id, seller_id, by=at.by):
        not_found()
    notice("good", gettext("The invitation is withdrawn."))
    return lead_to(at.path("settings/team"))


@blueprint.post("/settings/team/<seller_id>/role")
@store_view(Permission.EDIT_TEAM)
async def change_role(seller_id: str) -> Response:
    """Give a member another role."""
    at = here()
    fields = await submitted(RoleForm)
    if fields.data is None:
        return lead_to(at.path("settings/team"))
    try:
        if not await team.change_role(at.rt, at.store.id, seller_id, fields.data.role, by=at.by):
            not_found()
    except LastOwner:
        notice("bad", _last_owner())
    else:
        notice("good", gettext("The role is changed."))
    return lead_to(at.path("settings/team"))


def _last_owner() -> str:
    return gettext("A store needs an owner. Make somebody else the owner first.")


@blueprint.get("/settings/team/<seller_id>/remove")
@store_view(Permission.EDIT_TEAM)
async def ask_to_remove(seller_id: str) -> Response:
    """Say what will happen."""
    at = here()
    member = await _member(at, seller_id)
    title = gettext("Remove %(email)s from the team?") % {"email": member.email}
    words = gettext(
        "They lose access to %(store)s at once. What they have done stays. You can invite them "
        "again."
    )
    return await confirm(
        title=title, text=words % {"store": at.store.name}, action=gettext("Remove"),
        back=at.path("settings/team"),
    )  # fmt: skip


async def _member(at: Here, seller_id: str) -> Member:
    member = await team.member(at.rt, at.store.id, seller_id)
    if member is None:
        not_found()
    return member


@blueprint.post("/settings/team/<seller_id>/remove")
@store_view(Permission.EDIT_TEAM)
async def remove(seller_id: str) -> Response:
    """Let a member go; oneself, too."""
    at = here()
    member = await _member(at, seller_id)
    try:
        await team.remove(at.rt, at.store.id, seller_id, by=at.by)
    except LastOwner:
        notice("bad", _last_owner())
        return lead_to(at.path("settings/team"))
    notice("good", gettext("%(email)s is no longer in the team.") % {"email": member.email})
    return lead_to("/dashboard/" if seller_id == at.seller.id else at.path("settings/team"))
