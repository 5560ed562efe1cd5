"""A seller has a link sent to a customer: as often as the customer could, and without a code."""

import pytest
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.testing import factories
from portico.testing.browser import Browser, new_mail


async def test_the_link_signs_the_customer_in_and_has_no_code(app, runtime, store, transport):
    ada = await factories.make_customer(runtime, store, "ada@example.com")
    helper = await sellers.invite(runtime, store, "sup@example.com", Role.SUPPORT, by="test")
    await new_mail(runtime, transport)  # the invitation
    page = f"/dashboard/{store.slug}/customers/{ada.id}"
    support = Browser(app)
    await support.sign_in(helper)
    await support.get(page)
    await support.send(f"{page}/sign-in-link")
    assert "on its way to ada@example.com" in await support.follow()
    (mail,) = await new_mail(runtime, transport)
    assert mail.to == ada.email
    with pytest.raises(AssertionError, match="no code"):
        _ = mail.code
    theirs = Browser(app)
    await theirs.get(mail.path)
    await theirs.send(f"/p/{store.slug}/sign-in/link", token=mail.token)
    assert theirs.location.endswith(f"/p/{store.slug}/")
    assert "Signed in" in await support.get(page)
    for _ in range(5):
        await support.send(f"{page}/sign-in-link")
    assert "Wait 15 minutes" in await support.follow()
    assert len(await new_mail(runtime, transport)) == 4
