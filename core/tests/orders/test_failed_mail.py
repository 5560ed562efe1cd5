"""The mail about a renewal that was not paid: why, and what to do."""

from typing import Any

import pytest
from portico.api import PaymentState
from portico.testing.browser import KeepMail, new_mail

Shop = Any  # the fixture's class; see conftest.py
REASON = "The card has expired."


@pytest.fixture
def mail() -> KeepMail:
    return KeepMail()


@pytest.fixture
def portico_plugins(fake, mail):
    return (fake, mail)


@pytest.mark.parametrize(
    ("state", "subject", "says"),
    [
        (PaymentState.FAILED, "did not go through", f"says: {REASON}"),
        (PaymentState.REQUIRES_ACTION, "Please confirm your payment", "Confirm payment"),
    ],
    ids=["declined", "to be confirmed"],
)
async def test_the_mail_says_why_and_what_to_do(
    state: PaymentState, subject: str, says: str, shop: Shop, mail: KeepMail
) -> None:
    begun = await shop.subscribe()
    await new_mail(shop.rt, mail)
    about = {"subscription_ref": "sub_fake", "failure_message": REASON}
    await shop.report(shop.paid("pay_2", state=state, **about))
    (told,) = await new_mail(shop.rt, mail)
    assert subject in told.subject
    assert says in told.text
    assert f"subscriptions/{begun.id}" in told.text
