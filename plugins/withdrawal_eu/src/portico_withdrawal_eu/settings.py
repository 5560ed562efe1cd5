"""What a seller sets."""

from portico.api import PluginSettings
from pydantic import Field


class WithdrawalSettings(PluginSettings):
    """Shown to the seller as a form; stored per store."""

    days: int = Field(
        14, ge=14, le=366, title="Withdrawal period in days",
        description="Counted from the day after the purchase. The law gives at least 14.",
    )  # fmt: skip
    text: str = Field(
        "", max_length=4000, title="Your own words on the page",
        description="Shown above the form, such as your instructions on withdrawal.",
    )  # fmt: skip
    digital: bool = Field(
        True, title="Say that the right can have ended for digital content",
        description="It ends where delivery began with the buyer's express consent and "
        "acknowledgement (Article 16, point (m)). You decide in each case.",
    )  # fmt: skip
