"""What a store needs before it sells: a list with the state of each, and where it is done."""

from typing import NamedTuple

from portico.figures.models import SetUp
from portico.i18n import N_
from portico.stores.models import Mode
from portico.stores.urls import portal_url
from portico.web.dashboard.here import Here
from portico.web.dashboard.sections import place


class Step(NamedTuple):
    """One thing to do. ``copy`` is a link to give away; ``url`` may be empty: nowhere to click."""

    name: str
    done: bool
    title: str
    help: str
    label: str = ""
    url: str = ""
    copy: str = ""


def steps(at: Here, done: SetUp) -> list[Step]:
    """The list, in the order in which most stores are set up."""
    say = at.say
    payments = (
        N_("Customers pay in the sandbox, where no money moves. Connect a provider.")
        if done.any_payments and not done.live_payments
        else N_("Until a payment plugin is on, nobody can buy.")
    )
    return [
        Step("product", done.product, say(N_("Add a product")),
             say(N_("Its name, what it costs, and a page to buy it on.")),
             say(N_("Products")), place(at, "products")),
        Step("file", done.file, say(N_("Upload a file")),
             say(N_("Customers always find its newest version in their portal.")),
             say(N_("Products")), place(at, "products")),
        Step("payments", done.live_payments, say(N_("Connect payments")), say(payments),
             say(N_("Payments")), place(at, "settings/payments", "plugins")),
        Step("mail", done.test_mail, say(N_("Send a test mail")),
             say(N_("See the confirmation as your customers will get it.")),
             say(N_("E-mails")), place(at, "emails")),
        Step("link", done.signed_in, say(N_("Put the portal link on your site")),
             say(N_("Done as soon as the first customer has signed in.")),
             copy=portal_url(at.rt.settings, at.store)),
        Step("live", at.store.mode is Mode.LIVE, say(N_("Switch to live")),
             say(N_("From then on money is real. What was bought in test mode stays apart.")),
             say(N_("Store settings")), place(at, "settings/store")),
    ]  # fmt: skip
