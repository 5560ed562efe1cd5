"""The plugin: builds the MIME message, hands it over, and says what an answer means."""

import ssl
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from portico.api import (
    N_,
    Context,
    EmailHooks,
    HealthCheck,
    HealthReport,
    InvalidSettings,
    LifecycleHooks,
    OutgoingEmail,
    Plugin,
    PrivateAddress,
    Refused,
    RetryLater,
    Scope,
    SenderDomain,
    SenderNeeds,
    SentEmail,
    SettingsChange,
    hookimpl,
)

from portico_email_smtp.connections import connect, connections
from portico_email_smtp.providers import needs_of
from portico_email_smtp.server import Server, SmtpSettings, server_of

SOON = timedelta(seconds=30)
BUSY = timedelta(minutes=1)
GREYLISTED = timedelta(minutes=3)
FULL = timedelta(minutes=15)
MEND_FIRST = timedelta(minutes=10)
"""For what a person has to put right: the mail waits, it is not lost."""
NO_SERVER = N_(
    "No mail server is set, so no mail can be sent. Enter one in the settings of SMTP server, or "
    "set PORTICO_SMTP_URL for the whole installation."
)
_WAITS = {  # RFC 5321, 4.2.3
    421: (BUSY, "busy"),
    450: (GREYLISTED, "greylisted"),
    451: (GREYLISTED, "greylisted"),
    452: (FULL, "full"),
}
_PERMANENT = 500


class EmailSmtp(Plugin, EmailHooks, LifecycleHooks):
    """Mail through an SMTP server: the installation's, or the store's own."""

    name, title, Settings = "email_smtp", "SMTP server", SmtpSettings
    description = "Sends mail through an SMTP server."
    scope = Scope.INSTALLATION  # sellers must get their sign-in mails before there is a store

    @hookimpl
    async def send_email(self, ctx: Context, message: OutgoingEmail) -> SentEmail:
        server = _server(ctx)
        mail = build(ctx, message)
        try:
            async with connections().borrow(server) as client:
                _, response = await client.send_message(
                    mail, sender=message.sender, recipients=[message.to]
                )
        except Exception as error:
            raise meaning(server, error) from error
        return SentEmail(response)

    @hookimpl
    async def sender_needs(self, ctx: Context, sender: SenderDomain) -> SenderNeeds | None:
        server = server_of(ctx.settings(SmtpSettings))
        return needs_of(server.host) if server else None

    @hookimpl
    async def validate_settings(self, ctx: Context, change: SettingsChange) -> None:
        settings = change.new
        if not isinstance(settings, SmtpSettings) or not settings.host:
            return
        server = server_of(settings)
        assert server is not None  # there is a host
        try:
            client = await connect(server)
            await client.quit()
        except SMTPAuthenticationError as error:
            raise InvalidSettings({"username": str(meaning(server, error))}) from error
        except (SMTPException, OSError, Refused) as error:
            raise InvalidSettings({"host": str(meaning(server, error))}) from error

    @hookimpl
    async def check_health(self, ctx: Context, check: HealthCheck) -> list[HealthReport]:
        try:
            server = _server(ctx)
            if not check.deep:
                return []
            client = await connect(server)
            await client.quit()
        except RetryLater as error:
            return [HealthReport("mail server", False, str(error))]
        except (SMTPException, OSError, Refused) as error:
            return [HealthReport("mail server", False, str(meaning(server, error)))]
        return [HealthReport(f"mail server {server.host} answers", True)]


def _server(ctx: Context) -> Server:
    try:
        server = server_of(ctx.settings(SmtpSettings))
    except ValueError as error:
        raise RetryLater(MEND_FIRST, str(error), "settings") from None
    if server is None:
        raise RetryLater(MEND_FIRST, NO_SERVER, "settings")
    return server


def build(ctx: Context, message: OutgoingEmail) -> EmailMessage:
    """The mail as RFC 5322 and MIME want it: plain text, and HTML as the better alternative."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = formataddr((_line(message.sender_name), _line(message.sender)))
    mail["To"] = _line(message.to)
    mail["Subject"] = _line(message.subject)
    mail["Date"] = format_datetime(ctx.now())
    mail["Message-ID"] = _line(message.message_id)
    if message.reply_to:
        mail["Reply-To"] = _line(message.reply_to)
    for name, value in message.headers.items():
        mail[_line(name)] = _line(value)
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def _line(value: str) -> str:
    return " ".join(value.splitlines())


def meaning(server: Server, error: Exception) -> Exception:
    """What an error says about the mail: try again (RetryLater), or never (Refused)."""
    where = f"{server.host}:{server.port}"
    if isinstance(error, PrivateAddress):
        words = f"The mail server {error.message} Choose a public one."
        return RetryLater(MEND_FIRST, words, "settings")
    if isinstance(error, SMTPAuthenticationError):
        return RetryLater(
            MEND_FIRST,
            f"{where} does not accept the user name and password ({error.code} {error.message}).",
            "settings",
        )
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, SMTPResponseException):
        answer = f"{error.code} {error.message}"
        if error.code < _PERMANENT:
            after, cause = _WAITS.get(error.code, (GREYLISTED, "greylisted"))
            return RetryLater(after, f"{where} said: {answer}", cause)
        if isinstance(error, SMTPSenderRefused):
            return RetryLater(
                MEND_FIRST,
                f"{where} does not let you send from {error.sender} ({answer}).",
                "settings",
            )
        return Refused(answer)
    if (broken := _tls_error(error)) is not None:
        return RetryLater(MEND_FIRST, f"No encrypted connection to {where}: {broken}", "settings")
    if isinstance(error, TimeoutError):
        words = f"{where} did not answer within {server.timeout:g} seconds."
        return RetryLater(SOON, words, "unreachable")
    if isinstance(error, SMTPException | OSError):
        return RetryLater(SOON, f"No connection to {where}: {error}", "unreachable")
    return error


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """What is wrong with the encryption, where the library wrapped it."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__
    return None
