"""The plugin: takes every mail, and its pages and API show them."""

from pathlib import Path

from portico.api import (
    Answer,
    Body,
    Context,
    Data,
    EmailHooks,
    LifecycleHooks,
    NotFound,
    OutgoingEmail,
    Page,
    Plugin,
    PluginTables,
    Request,
    Route,
    Scope,
    SeeOther,
    SentEmail,
    hookimpl,
    new_id,
)

from portico_email_mailbox import mailpit, tables
from portico_email_mailbox.tables import Message, Totals

PER_PAGE = 50
MOST = 500
LATEST = "latest"
VIEWS = ("html", "text", "headers")


class EmailMailbox(Plugin, EmailHooks, LifecycleHooks):
    """A mailbox instead of a mail server. It shows everybody's mail, so the demo only has it."""

    name, title = "email_mailbox", "Mailbox"
    description = "Keeps mail and shows it at /mailbox/ instead of sending it."
    scope = Scope.INSTALLATION
    demo_only = True
    root = "mailbox"
    weight = 50  # ahead of a real server: nothing leaves a demo

    @hookimpl
    def tables(self) -> PluginTables:
        return PluginTables(tables.metadata, Path(__file__).parent / "migrations" / "versions")

    @hookimpl
    def routes(self) -> list[Route]:
        post = frozenset({"POST"})
        return [
            Route("", show_list),
            Route("message/<id>", show_message),
            Route("message/<id>/html", show_html),
            Route("delete", delete_all, methods=post),
            Route("api/v1/messages", api_messages),
            Route("api/v1/messages", api_delete, methods=frozenset({"DELETE"}), machine=True),
            Route("api/v1/message/<id>", api_message),
        ]

    @hookimpl
    async def send_email(self, ctx: Context, message: OutgoingEmail) -> SentEmail:
        stored = new_id("msg")
        size = len(message.text.encode()) + len(message.html.encode())
        await ctx.db.run(
            tables.ADD,
            id=stored,
            message_id=message.message_id,
            sender=message.sender,
            sender_name=message.sender_name,
            to_address=message.to,
            reply_to=message.reply_to,
            subject=" ".join(message.subject.splitlines()),  # a header is one line
            body_text=message.text,
            body_html=message.html,
            headers=dict(message.headers),
            size=size,
            read=False,
            received_at=ctx.now(),
        )
        return SentEmail(f"250 kept as {stored}")


def _number(request: Request, name: str, default: int, most: int) -> int:
    value = request.query.get(name, "")
    return min(int(value), most) if value.isascii() and value.isdigit() else default


async def _newest(ctx: Context, start: int, limit: int) -> tuple[list[Message], Totals]:
    found = await ctx.db.all(tables.NEWEST, start=start, limit=limit)
    totals = await ctx.db.one(tables.TOTALS)
    return found, totals or Totals(0, 0)


async def _message(ctx: Context, request: Request) -> Message | None:
    wanted = request.params["id"]
    if wanted == LATEST:
        return await ctx.db.one(tables.NEWEST, start=0, limit=1)
    return await ctx.db.one(tables.BY_ID, id=wanted)


async def show_list(ctx: Context, request: Request) -> Answer:
    start = _number(request, "start", 0, 10**6)
    found, totals = await _newest(ctx, start, PER_PAGE)
    context = {
        "messages": found,
        "total": totals.total,
        "unread": totals.unread,
        "newer": max(start - PER_PAGE, 0) if start else None,
        "older": start + PER_PAGE if start + PER_PAGE < totals.total else None,
    }
    return Page("email_mailbox/list.html", "Mailbox", context)


async def show_message(ctx: Context, request: Request) -> Answer:
    message = await _message(ctx, request)
    if message is None:
        return NotFound()
    await ctx.db.run(tables.MARK_READ, message=message.id)
    view = request.query.get("view", "html")
    headers = {
        "From": f"{message.sender_name} <{message.sender}>",
        "To": message.to_address,
        **({"Reply-To": message.reply_to} if message.reply_to else {}),
        "Subject": message.subject,
        "Message-ID": message.message_id,
        **message.headers,
    }
    context = {
        "message": message,
        "view": view if view in VIEWS else "html",
        "headers": headers,
    }
    return Page("email_mailbox/message.html", message.subject, context)


async def show_html(ctx: Context, request: Request) -> Answer:
    message = await _message(ctx, request)
    if message is None:
        return NotFound()
    # Links of a mail open beside the mailbox, as they do in a mail program.
    framed = message.body_html.replace("<head>", '<head><base target="_blank">', 1)
    return Body(framed.encode(), "text/html", frame=True)


async def delete_all(ctx: Context, request: Request) -> Answer:
    await ctx.db.run(tables.CLEAR)
    return SeeOther("/mailbox/")


async def api_messages(ctx: Context, request: Request) -> Answer:
    start = _number(request, "start", 0, 10**6)
    found, totals = await _newest(ctx, start, _number(request, "limit", PER_PAGE, MOST))
    return Data(mailpit.listing(found, totals, start))


async def api_message(ctx: Context, request: Request) -> Answer:
    message = await _message(ctx, request)
    if message is None:
        return NotFound()
    await ctx.db.run(tables.MARK_READ, message=message.id)
    return Data(mailpit.full(message))


async def api_delete(ctx: Context, request: Request) -> Answer:
    await ctx.db.run(tables.CLEAR)
    return Body(b"ok", "text/plain")
