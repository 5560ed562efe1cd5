"""What core relies on in a way to sign in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from typing_extensions import override

from portico.hooks.auth import (
    AuthHooks,
    Identified,
    NotIdentified,
    SignInProof,
    SignInStarted,
)
from portico.hooks.plugin import Plugin
from portico.sessions.models import Audience, SignInAttempt
from portico.testing.browser import KeepMail, ReceivedMail, new_mail
from portico.testing.contracts.base import HooksContract, Shop


class AuthHooksContract(HooksContract):
    """A plugin that signs people in.

    By default the proof is the token of a mailed link. Override ``prove`` where it is something
    else: it returns the fields that would come back for an attempt, once per call. Set
    ``lifetime`` to how long a proof works, ``accepts_code`` to whether a code may be typed.
    """

    lifetime = timedelta(minutes=30)
    accepts_code = True

    @pytest.fixture
    def transport(self) -> KeepMail:
        return KeepMail()

    @pytest.fixture
    @override
    def portico_plugins(self, transport: KeepMail) -> Sequence[Plugin]:
        return (self.plugin, transport, *self.plugins_beside)

    async def begin(
        self, shop: Shop, email: str | None = None, device: str = "device"
    ) -> tuple[SignInAttempt, SignInStarted]:
        """Somebody asks to sign in."""
        from portico.sessions import service as sessions  # noqa: PLC0415 - pytest's start

        attempt = await sessions.begin(
            shop.rt, shop.store, email or shop.customer.email, method=shop.plugin,
            device=device, next_path="", locale="en", ip="192.0.2.7",
        )  # fmt: skip
        return attempt, await shop.ask(AuthHooks.begin_sign_in, attempt)

    async def mail(self, shop: Shop, transport: KeepMail) -> ReceivedMail:
        """The one mail that has arrived."""
        (mail,) = await new_mail(shop.rt, transport)
        return mail

    async def prove(
        self, shop: Shop, attempt: SignInAttempt, transport: KeepMail
    ) -> Mapping[str, str]:
        """What comes back for the attempt that was just begun."""
        mail = await self.mail(shop, transport)
        assert mail.to == attempt.email
        return {"token": mail.token}

    async def complete(
        self, shop: Shop, fields: Mapping[str, str], attempt: SignInAttempt | None = None,
        device: str = "device", audience: Audience = Audience.CUSTOMER,
    ) -> Identified | NotIdentified:  # fmt: skip
        """Check a proof, as core would."""
        proof = SignInProof(audience, fields, attempt, device)
        return await shop.ask(AuthHooks.complete_sign_in, proof)

    async def test_it_offers_a_way_to_sign_in(self, shop: Shop) -> None:
        (method,) = shop.rt.registry.contributed(AuthHooks.sign_in_methods)[shop.plugin]
        assert method.title.strip()
        assert Audience.CUSTOMER in method.audiences

    async def test_a_proof_identifies_the_person_once(
        self, shop: Shop, transport: KeepMail
    ) -> None:
        attempt, _ = await self.begin(shop)
        fields = await self.prove(shop, attempt, transport)
        assert await self.complete(shop, fields, attempt) == Identified(attempt.id)
        again = await self.complete(shop, fields, attempt)
        assert isinstance(again, NotIdentified)
        assert again.why in ("used", "unknown")

    async def test_a_proof_used_many_times_at_once_counts_once(
        self, shop: Shop, transport: KeepMail
    ) -> None:
        attempt, _ = await self.begin(shop)
        fields = await self.prove(shop, attempt, transport)
        answers = await asyncio.gather(*(self.complete(shop, fields, attempt) for _ in range(8)))
        assert sum(isinstance(answer, Identified) for answer in answers) == 1

    async def test_looking_at_a_link_does_not_use_it_up(
        self, shop: Shop, transport: KeepMail
    ) -> None:
        attempt, _ = await self.begin(shop)
        fields = await self.prove(shop, attempt, transport)
        proof = SignInProof(Audience.CUSTOMER, fields, None, "a mail scanner's device")
        for _ in range(3):
            preview = await shop.ask(AuthHooks.preview_sign_in, proof)
            assert preview.why is None
            assert preview.attempt is not None
            assert preview.attempt.id == attempt.id
        assert isinstance(await self.complete(shop, fields, attempt), Identified)

    async def test_an_expired_proof_is_worth_nothing(self, shop: Shop, transport: KeepMail) -> None:
        attempt, _ = await self.begin(shop)
        fields = await self.prove(shop, attempt, transport)
        shop.clock.advance(self.lifetime + timedelta(seconds=1))
        answer = await self.complete(shop, fields, attempt)
        assert isinstance(answer, NotIdentified)
        assert answer.why == "expired"

    async def test_a_forged_proof_is_unknown(self, shop: Shop, transport: KeepMail) -> None:
        attempt, _ = await self.begin(shop)
        fields = await self.prove(shop, attempt, transport)
        for forged in ({name: value[:-1] + "~" for name, value in fields.items()}, {"token": ""}):
            answer = await self.complete(shop, forged)
            assert isinstance(answer, NotIdentified)
            assert answer.attempt is None
            assert answer.why == "unknown"
        assert isinstance(await self.complete(shop, fields, attempt), Identified)

    async def test_a_customers_proof_opens_no_dashboard(
        self, shop: Shop, transport: KeepMail
    ) -> None:
        attempt, _ = await self.begin(shop)
        fields = await self.prove(shop, attempt, transport)
        answer = await self.complete(shop, fields, audience=Audience.SELLER)
        assert isinstance(answer, NotIdentified)

    async def test_a_proof_of_one_store_is_unknown_in_another(
        self, shop: Shop, transport: KeepMail
    ) -> None:
        from portico.testing.factories import make_store  # noqa: PLC0415 - pytest's start

        other = replace(shop, store=await make_store(shop.rt))
        attempt, _ = await self.begin(shop)
        fields = await self.prove(shop, attempt, transport)
        assert isinstance(await self.complete(other, fields), NotIdentified)
        assert isinstance(await self.complete(shop, fields, attempt), Identified)

    async def test_a_known_and_an_unknown_address_are_answered_alike(
        self, shop: Shop, transport: KeepMail
    ) -> None:
        known, answer = await self.begin(shop)
        unknown, same = await self.begin(shop, "nobody@example.com", device="other")
        assert known.subject_id == shop.customer.id
        assert unknown.subject_id is None
        assert answer == same
        for mail in await new_mail(shop.rt, transport):
            assert mail.to != "nobody@example.com", "a stranger is not written to"

    async def test_no_secret_is_stored(self, shop: Shop, transport: KeepMail) -> None:
        import sqlalchemy as sa  # noqa: PLC0415 - for this test only

        from portico.db import Query  # noqa: PLC0415
        from portico.hooks.lifecycle import LifecycleHooks  # noqa: PLC0415
        from portico.tables import metadata  # noqa: PLC0415

        attempt, _ = await self.begin(shop)
        fields = await self.prove(shop, attempt, transport)
        declared = shop.rt.registry.contributed(LifecycleHooks.tables).get(shop.plugin)
        tables = [
            *metadata.tables.values(),
            *(declared.metadata.tables.values() if declared else ()),
        ]
        for table in tables:
            for column in table.columns:
                text = sa.select(sa.cast(column, sa.Text)).where(column.is_not(None))
                for value in await shop.rt.db.all(Query(str, text)):
                    assert not any(secret in value for secret in fields.values()), column

    async def test_five_wrong_codes_are_all_there_are(
        self, shop: Shop, transport: KeepMail
    ) -> None:
        attempt, started = await self.begin(shop)
        assert started.accepts_code is self.accepts_code
        if not self.accepts_code:
            return
        code = (await self.mail(shop, transport)).code
        left = []
        for _ in range(5):
            answer = await self.complete(shop, {"code": "WRONG0"}, attempt)
            assert isinstance(answer, NotIdentified)
            left.append((answer.why, answer.tries_left))
        assert left == [("wrong", 4), ("wrong", 3), ("wrong", 2), ("wrong", 1), ("exhausted", 0)]
        late = await self.complete(shop, {"code": code}, attempt)
        assert isinstance(late, NotIdentified)
        assert late.why == "exhausted"

    async def test_a_code_works_in_the_browser_that_asked_and_no_other(
        self, shop: Shop, transport: KeepMail
    ) -> None:
        if not self.accepts_code:
            return
        attempt, _ = await self.begin(shop)
        code = (await self.mail(shop, transport)).code
        for proof in (None, attempt):
            answer = await self.complete(shop, {"code": code}, proof, device="another device")
            assert isinstance(answer, NotIdentified)
        typed = f" {code[:3].lower()} {code[3:].lower()}"
        assert await self.complete(shop, {"code": typed}, attempt) == Identified(attempt.id)
