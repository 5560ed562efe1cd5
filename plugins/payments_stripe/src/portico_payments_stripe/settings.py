"""What a seller sets, and which of it counts in which mode."""

from portico.api import N_, Mode, PluginSettings
from pydantic import Field, SecretStr


class StripeSettings(PluginSettings):
    """Each mode has a key of its own: what was bought in one is never looked for in the other."""

    test_key: SecretStr = Field(
        SecretStr(""),
        title=N_("Key for test mode"),
        description=N_(
            "A secret key (sk_test_…) or a restricted key (rk_test_…) from Stripe's dashboard, "
            "Developers, API keys. The page Stripe lists what a restricted key must be allowed."
        ),
    )
    live_key: SecretStr = Field(
        SecretStr(""),
        title=N_("Key for live mode"),
        description=N_("The same for real money: sk_live_… or rk_live_…"),
    )
    webhook_secret: SecretStr = Field(
        SecretStr(""),
        title=N_("Signing secret of a webhook endpoint you made yourself"),
        description=N_(
            "Leave it empty: the endpoint is made for you. It is for keys that may not make one."
        ),
    )
    allow_promotion_codes: bool = Field(
        False,
        title=N_("Promotion codes"),
        description=N_("Buyers may type a promotion code of your Stripe account."),
    )
    automatic_tax: bool = Field(
        False,
        title=N_("Stripe Tax"),
        description=N_("Stripe works out the tax. Set Stripe Tax up in your account first."),
    )
    prices_include_tax: bool = Field(
        True,
        title=N_("Prices include tax"),
        description=N_("Otherwise Stripe Tax adds the tax to the price."),
    )
    tax_id_collection: bool = Field(
        False,
        title=N_("Tax ids"),
        description=N_("Companies may give their name and tax id when they buy."),
    )
    saved_customer: bool = Field(
        True,
        title=N_("Known customers"),
        description=N_(
            "Who is signed in to the portal buys as the customer Stripe knows, "
            "with the cards kept there."
        ),
    )

    def key(self, mode: Mode) -> str:
        """The API key for a mode; empty where there is none."""
        return (self.live_key if mode is Mode.LIVE else self.test_key).get_secret_value()
