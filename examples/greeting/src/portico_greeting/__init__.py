"""Example: a greeting in every confirmation e-mail."""

from portico.api import (
    Context,
    EmailHooks,
    EmailVariable,
    Plugin,
    PluginSettings,
    Purchase,
    hookimpl,
)


class GreetingSettings(PluginSettings):
    """Shown to the seller as a form; stored per store."""

    vip_after: int = 10


class Greeting(Plugin, EmailHooks):
    """Adds the variable ``greeting.line`` to mails about a purchase."""

    name, title, Settings = "greeting", "VIP greeting", GreetingSettings
    starts_on = False  # an example: off in new stores

    @hookimpl
    async def email_variables(self, ctx: Context, purchase: Purchase) -> list[EmailVariable]:
        vip = await ctx.orders.count(purchase.customer) >= ctx.settings(GreetingSettings).vip_after
        return [EmailVariable("greeting.line", "Greeting", "Dear VIP" if vip else "Hello")]


plugin = Greeting()
