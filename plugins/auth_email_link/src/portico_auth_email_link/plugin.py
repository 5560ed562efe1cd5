"""The plugin. It owns the secrets; attempts, sessions and rate limits are core's."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from portico.api import (
    Audience,
    AuthHooks,
    Context,
    DropMail,
    Email,
    EmailHooks,
    EmailKind,
    Identified,
    Lane,
    LifecycleHooks,
    NotIdentified,
    Plugin,
    PluginSettings,
    PluginTables,
    ProofPreview,
    SignInAttempt,
    SignInMethod,
    SignInProof,
    SignInStarted,
    hookimpl,
)
from pydantic import Field

from portico_auth_email_link import queries, tables
from portico_auth_email_link.secret import hash_code, hash_token, new_code, new_token

MAX_TRIES = 5
_KEPT = timedelta(days=2)
"""How long a used or expired link is known as such, rather than as one we never sent."""


class EmailLinkSettings(PluginSettings):
    """Shown to the seller as a form."""

    minutes: int = Field(
        30, ge=5, le=120, title="Minutes a link works", description="Counted from the mail."
    )


class EmailLink(Plugin, AuthHooks, EmailHooks, LifecycleHooks):
    """A link and a code by mail: nothing to remember, nothing to lose."""

    name, title = "auth_email_link", "Sign-in by e-mail"
    description = "Sends a link and a code; either signs in, once."
    Settings = EmailLinkSettings

    @hookimpl
    def tables(self) -> PluginTables:
        """The hashes of links and codes."""
        return PluginTables(tables.metadata, Path(__file__).parent / "migrations" / "versions")

    @hookimpl
    def sign_in_methods(self) -> list[SignInMethod]:
        """For customers and sellers; the address suffices."""
        return [SignInMethod("E-mail", frozenset(Audience))]

    @hookimpl
    async def begin_sign_in(self, ctx: Context, attempt: SignInAttempt) -> SignInStarted:
        """Queue the mail: for an address that nobody has as well, which the worker then drops."""
        seller = attempt.audience is Audience.SELLER
        await ctx.mail.queue(
            EmailKind.SELLER_SIGN_IN if seller else EmailKind.SIGN_IN,
            attempt.email,
            params={"attempt_id": attempt.id, "minutes": _minutes(ctx)},
            locale=attempt.locale,
            customer_id=None if seller else attempt.subject_id,
            lane=Lane.INTERACTIVE,
            key=attempt.id,
        )
        return SignInStarted(accepts_code=True, minutes=_minutes(ctx))

    @hookimpl
    async def email_secrets(self, ctx: Context, email: Email) -> Mapping[str, str]:
        """Make link and code now, as the mail is sent. DropMail where nobody has the address."""
        attempt = await ctx.sign_ins.get(str(email.params["attempt_id"]))
        now = ctx.now()
        if attempt is None or attempt.subject_id is None or attempt.expires_at <= now:
            raise DropMail
        token, code = new_token(), new_code()
        await ctx.db.run(queries.FORGET, oldest=now - _KEPT)
        await ctx.db.run(
            queries.ADD,
            token_hash=hash_token(token),
            attempt_id=attempt.id,
            code_hash=hash_code(code, attempt.id, attempt.device),
            created_at=now,
            used_at=None,
        )
        path = f"sign-in/link?token={token}"
        seller = attempt.audience is Audience.SELLER
        url = ctx.urls.dashboard(path) if seller else ctx.urls.portal(path)
        return {"sign_in.url": url, "sign_in.code": code if attempt.device else ""}

    @hookimpl
    async def preview_sign_in(self, ctx: Context, proof: SignInProof) -> ProofPreview:
        """Whose link it is and whether it still works. Uses nothing up."""
        secret = await ctx.db.one(
            queries.BY_TOKEN, token_hash=hash_token(proof.fields.get("token", ""))
        )
        attempt = await ctx.sign_ins.get(secret.attempt_id) if secret else None
        if secret is None or attempt is None or attempt.audience is not proof.audience:
            return ProofPreview(None, "unknown")
        if secret.used_at is not None:
            return ProofPreview(attempt, "used")
        expired = secret.created_at <= _oldest(ctx)
        return ProofPreview(attempt, "expired" if expired else None)

    @hookimpl
    async def complete_sign_in(
        self, ctx: Context, proof: SignInProof
    ) -> Identified | NotIdentified:
        """Check a link's token or a typed code, and use it up."""
        if "token" in proof.fields:
            return await self._by_link(ctx, proof)
        return await self._by_code(ctx, proof)

    async def _by_link(self, ctx: Context, proof: SignInProof) -> Identified | NotIdentified:
        preview = await self.preview_sign_in(ctx, proof)
        if preview.attempt is None or preview.why:
            return NotIdentified(preview.why or "unknown", preview.attempt)
        attempt_id = await ctx.db.one(
            queries.USE_TOKEN,
            token_hash=hash_token(proof.fields["token"]),
            oldest=_oldest(ctx),
            now=ctx.now(),
        )
        return Identified(attempt_id) if attempt_id else NotIdentified("used", preview.attempt)

    async def _by_code(self, ctx: Context, proof: SignInProof) -> Identified | NotIdentified:
        attempt = proof.attempt
        if attempt is None or attempt.device != proof.device:
            return NotIdentified("unknown")
        # By the attempt's time and not the mail's: it is the same where no mail was sent.
        if attempt.created_at <= _oldest(ctx):
            return NotIdentified("expired", attempt)
        # Counted before it is looked at: tries at the same time are tries all the same.
        tries = await ctx.sign_ins.count_try(attempt.id)
        if tries > MAX_TRIES:
            return NotIdentified("exhausted", attempt)
        found = await ctx.db.one(
            queries.USE_CODE,
            attempt_id=attempt.id,
            code_hash=hash_code(proof.fields.get("code", ""), attempt.id, attempt.device),
            oldest=_oldest(ctx),
            now=ctx.now(),
        )
        if found:
            return Identified(found)
        left = MAX_TRIES - tries
        return NotIdentified("wrong" if left else "exhausted", attempt, tries_left=left)


def _minutes(ctx: Context) -> int:
    return ctx.settings(EmailLinkSettings).minutes


def _oldest(ctx: Context) -> datetime:
    return ctx.now() - timedelta(minutes=_minutes(ctx))
