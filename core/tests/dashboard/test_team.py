"""Settings > Team: inviting, joining, changing roles, letting go."""

import asyncio
from datetime import timedelta

import pytest
from portico.events import service as events
from portico.sellers import service as sellers
from portico.sellers import team as teams
from portico.sellers.models import Role
from portico.sellers.team import LastOwner
from portico.testing.browser import new_mail

TEAM = "/dashboard/shop/settings/team"


async def actions(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return {entry.action for entry in log}


async def test_who_is_invited_gets_a_mail_and_joins(owner, runtime, store, mails, signed_in):
    await owner.send(TEAM, email=" New@Example.com ", role="support")
    assert "new@example.com" in await owner.follow()
    sent = [mail for mail in await new_mail(runtime, mails) if mail.to == "new@example.com"]
    assert len(sent) == 1 and "/dashboard/" in sent[0].text
    person = await sellers.by_email(runtime, "new@example.com")
    browser = await signed_in(person)
    await browser.get("/dashboard/shop/")
    assert browser.status == 404
    assert "invites you" in await browser.get("/dashboard/")
    await browser.send(f"/dashboard/invitations/{store.id}")
    await browser.follow()
    assert "You are in the team now." in browser.body
    assert await sellers.store_of(runtime, person.id, "shop") is not None
    assert {"team.invite", "team.join"} <= await actions(runtime, store)
    await browser.send(f"/dashboard/invitations/{store.id}")
    assert browser.status == 404


async def test_an_old_or_withdrawn_invitation_opens_nothing(
    owner, runtime, store, clock, signed_in
):
    await owner.send(TEAM, email="late@example.com", role="owner")
    person = await sellers.by_email(runtime, "late@example.com")
    clock.advance(timedelta(days=teams.INVITATION_DAYS))
    assert not await teams.accept(runtime, person, store.id)
    assert await teams.invitations_of(runtime, person.id) == []
    assert await teams.invite_again(runtime, store, person.id, by="test")
    assert len(await teams.invitations_of(runtime, person.id)) == 1
    assert await teams.revoke(runtime, store.id, person.id, by="test")
    assert not await teams.accept(runtime, person, store.id)


@pytest.mark.parametrize(
    ("email", "role", "status", "words"),
    [
        ("nobody", "owner", 400, "such as name@example.com"),
        ("", "owner", 400, "Fill this in."),
        ("a@example.com", "king", 400, "Choose one of the list."),
        ("support@example.com", "owner", 409, "is in the team already"),
    ],
)
async def test_a_wrong_invitation_is_shown_again(owner, email, role, status, words):
    await owner.send(TEAM, email=email, role=role)
    assert (owner.status, words in owner.body) == (status, True)
    assert f'value="{email}"' in owner.body


async def test_a_role_changes_and_a_member_goes_at_once(owner, runtime, store, team, signed_in):
    manager = team[Role.MANAGER]
    browser = await signed_in(manager)
    await owner.send(f"{TEAM}/{manager.id}/role", role="support")
    assert (await sellers.store_of(runtime, manager.id, "shop"))[1] is Role.SUPPORT
    assert "lose access" in await owner.get(f"{TEAM}/{manager.id}/remove")
    await owner.send(f"{TEAM}/{manager.id}/remove")
    await browser.get("/dashboard/shop/")
    assert browser.status == 404
    assert {"team.role", "team.remove"} <= await actions(runtime, store)


async def test_the_last_owner_stays(owner, runtime, store, team):
    last = team[Role.OWNER]
    await owner.send(f"{TEAM}/{last.id}/remove")
    assert "needs an owner" in await owner.follow()
    await owner.send(f"{TEAM}/{last.id}/role", role="manager")
    assert "needs an owner" in await owner.follow()
    second = team[Role.MANAGER]
    await teams.change_role(runtime, store.id, second.id, Role.OWNER, by="test")
    # Both at once: one of them stays.
    results = await asyncio.gather(
        teams.remove(runtime, store.id, last.id, by="test"),
        teams.remove(runtime, store.id, second.id, by="test"),
        return_exceptions=True,
    )
    assert sorted(type(one) for one in results if one is not True) == [LastOwner]
    left = await teams.members(runtime, store.id)
    assert [one.role for one in left if one.role is Role.OWNER] == [Role.OWNER]
