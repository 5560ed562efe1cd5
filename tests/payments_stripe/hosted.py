"""What a person does on Stripe's hosted pages, without a browser."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin

import httpx

GOOD = "4242424242424242"
DECLINED = "4000000000000002"
ASKS = "4000002760003184"
"""3-D Secure at every payment."""
FAILS_LATER = "4000000000000341"
"""Can be saved, and is declined when it is charged."""


@dataclass
class Person:
    """Fills in the page at ``url``; ``where`` is the address they are sent to at last."""

    url: str
    where: str = ""
    page: str = ""

    async def give(self, card: str = GOOD, **fields: str) -> "Person":
        """Type a card and send the form."""
        typed = {
            "cardNumber": card, "cardExpiry": "12/34", "cardCvc": "123", "method": "new",
            "billingName": "Ada Lovelace", "billingCountry": "DE", "billingPostalCode": "10115",
        }  # fmt: skip
        return await self._send(self.url, typed | fields)

    async def way_back(self) -> str:
        """Where the page's link out of it leads."""
        async with httpx.AsyncClient(timeout=60) as browser:
            self.page = (await browser.get(self.url)).text
        found = re.search(r'<a href="([^"]+)">(?:Back|Return to the shop)<', self.page)
        assert found is not None, self.page
        return unescape(found[1])

    async def use_saved(self, method: str) -> "Person":
        """Pay with a card that Stripe keeps."""
        return await self._send(self.url, {"method": method})

    async def use_code(self, code: str) -> "Person":
        """Type a promotion code."""
        return await self._send(f"{self.url}/promotion", {"promotionCode": code})

    async def prove(self, outcome: str = "complete") -> "Person":
        """Confirm (or not) on the bank's page, where the form led."""
        return await self._send(urljoin(self.url, self.where), {"outcome": outcome})

    async def _send(self, url: str, form: dict[str, str]) -> "Person":
        async with httpx.AsyncClient(timeout=60, verify=False) as browser:
            answer = await browser.post(url, data=form)
        self.page = answer.text
        self.where = answer.headers.get("location", "")
        return self
