"""Signing in: who somebody is. The session, its cookie and the rate limits are core's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portico.hooks.context import Context
from portico.hooks.markers import contribution, owner
from portico.sessions.models import Audience, SignInAttempt


@dataclass(frozen=True, slots=True)
class SignInMethod:
    """A way to sign in that a plugin offers.

    ``template`` is the plugin's own form for the sign-in page; None where the address suffices.
    """

    title: str
    audiences: frozenset[Audience]
    template: str | None = None
    weight: int = 100


@dataclass(frozen=True, slots=True)
class SignInProof:
    """What came back: the fields of a link (``token``) or of a form (``code``, ...)."""

    audience: Audience
    fields: Mapping[str, str]
    attempt: SignInAttempt | None
    device: str


@dataclass(frozen=True, slots=True)
class SignInStarted:
    """The attempt is on its way. ``redirect`` leads to an identity provider, where there is one.

    ``accepts_code`` shows a field to type a code that reached the person another way.
    """

    accepts_code: bool = False
    redirect: str | None = None
    minutes: int = 30


@dataclass(frozen=True, slots=True)
class Identified:
    """It is proven that the person is ``attempt.subject_id``."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class NotIdentified:
    """It is not. ``why`` is one of ``unknown``, ``expired``, ``used``, ``wrong``, ``exhausted``.

    ``attempt`` is the attempt it belonged to, where that much is known for certain.
    ``tries_left`` counts for ``wrong``.
    """

    why: str
    attempt: SignInAttempt | None = None
    tries_left: int = 0


@dataclass(frozen=True, slots=True)
class ProofPreview:
    """What a link is for, read without using it up: GET shows it, POST redeems it."""

    attempt: SignInAttempt | None
    why: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


class AuthHooks:
    """Ways to sign in."""

    @contribution
    def sign_in_methods(self) -> list[SignInMethod]:
        """The ways this plugin offers; one is enough."""
        return []

    @owner
    async def begin_sign_in(self, ctx: Context, attempt: SignInAttempt) -> SignInStarted:
        """Start: send the mail, or say where to go.

        Called for known and unknown addresses alike (``attempt.subject_id`` is None); the answer
        and the time it takes must not tell which.
        """
        raise NotImplementedError

    @owner
    async def preview_sign_in(self, ctx: Context, proof: SignInProof) -> ProofPreview:
        """Look at a link without using it up (mail scanners follow links)."""
        raise NotImplementedError

    @owner
    async def complete_sign_in(
        self, ctx: Context, proof: SignInProof
    ) -> Identified | NotIdentified:
        """Check the proof and use it up, so that it works once."""
        raise NotImplementedError
