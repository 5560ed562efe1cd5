"""People who buy over HTTP, and who try again when the server is not there, as people do."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urljoin

import httpx

from tests.support.forms import fill

CARD = {"cc-number": "4242424242424242", "cc-exp": "12 / 34", "cc-csc": "123"}
PATIENCE = 120.0
"""Seconds until somebody who cannot buy goes away, which fails the test."""
CARD_PAGE = "/x/payments_sandbox/"
T = TypeVar("T")


class GaveUp(AssertionError):
    """A buyer did not get what they wanted."""


@dataclass
class Street:
    """Where the buyers come from. ``seen`` counts answers by status, and connections that broke."""

    portal: str
    slug: str
    seen: Counter[str] = field(default_factory=Counter)
    bought: int = 0

    async def crowd(self, emails: list[str], at_once: int) -> None:
        """Let everybody buy, ``at_once`` at a time."""
        free = asyncio.Semaphore(at_once)

        async def one(email: str) -> None:
            async with free:
                await Buyer(self, email).buys()
                self.bought += 1

        async with asyncio.TaskGroup() as everybody:
            for email in emails:
                everybody.create_task(one(email))


@dataclass
class Buyer:
    """One person with one browser."""

    street: Street
    email: str

    async def buys(self) -> None:
        """Buy, however often the server goes away meanwhile."""
        try:
            # Plain HTTP: to read the world's certificates takes longer than to buy.
            browser = httpx.AsyncClient(timeout=20, verify=False)
            async with asyncio.timeout(PATIENCE), browser:
                self._browser = browser
                card_page = await self._insist(self._orders)
                await self._insist(lambda: self._pays(card_page))
        except TimeoutError:
            raise GaveUp(f"{self.email} could not buy in {PATIENCE} s") from None

    async def _insist(self, step: Callable[[], Awaitable[T | None]]) -> T:
        """Do a step again, from its first page, until the server has answered all of it."""
        while True:
            try:
                if (result := await step()) is not None:
                    return result
            except httpx.TransportError as error:
                self.street.seen[type(error).__name__] += 1
            await asyncio.sleep(random.uniform(0.1, 0.5))

    async def _orders(self) -> str | None:
        """Fill in the buy form; the address of the card page."""
        page = await self._get(f"{self.street.portal}buy/{self.street.slug}")
        if page.status_code != 200:
            return None
        answer = await self._send(page, {"email": self.email})
        target = urljoin(str(page.url), answer.headers.get("location", ""))
        if answer.status_code != 303 or CARD_PAGE not in target:
            raise GaveUp(f"{answer.status_code} instead of a card page:\n{answer.text[-2000:]}")
        return str(target)

    async def _pays(self, card_page: str) -> bool | None:
        """Pay on the card page, unless that is done; look at what comes after it."""
        page = await self._get(card_page)
        if page.status_code == 200:
            page = await self._send(page, CARD)
        if page.status_code != 303:
            return None
        bought = await self._get(urljoin(card_page, page.headers["location"]))
        if bought.status_code == 200 and "Thank you" in bought.text:
            return True
        return None

    async def _get(self, url: str) -> httpx.Response:
        return self._note(await self._browser.get(url))

    async def _send(self, page: httpx.Response, typed: dict[str, str]) -> httpx.Response:
        url, values = fill(page, typed)
        return self._note(await self._browser.post(url, data=values))

    def _note(self, answer: httpx.Response) -> httpx.Response:
        self.street.seen[str(answer.status_code)] += 1
        return answer
