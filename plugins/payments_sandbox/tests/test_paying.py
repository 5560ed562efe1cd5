"""Paying on the hosted page."""

from typing import Any

import pytest
from portico.api import Mode, OrderState

Shop = Any  # the fixture's class; see conftest.py


async def test_a_good_card_pays_the_order(shop: Shop) -> None:
    browser = await shop.buy()
    assert browser.status == 200
    assert "Thank you" in browser.html
    (order,) = await shop.orders()
    assert (order.state, order.total, order.mode) == (OrderState.PAID, 2000, Mode.TEST)
