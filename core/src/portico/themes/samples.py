"""Sample customers: what ``portico theme check``, tests and theme authors render pages with.

Each ``Case`` is one page in one situation: nobody signed in, nothing bought, one of everything,
a payment that failed, two hundred licenses, long names, a script that runs from right to left,
test mode.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from portico.entitlements.models import Reason
from portico.i18n import direction, language_name
from portico.stores.models import Mode, Store
from portico.subscriptions.models import SubscriptionStatus
from portico.themes import sample_account as account
from portico.themes import sample_data as data
from portico.web.portal import frame_model
from portico.web.portal import pages as p
from portico.web.portal import subscription_pages as sp
from portico.web.portal.mailed_pages import DataErasePage, EmailChangePage, UnsubscribePage


@dataclass(frozen=True, slots=True)
class Case:
    """A page, what surrounds it, and a name for both such as ``overview-past-due``."""

    name: str
    store: Store
    frame: frame_model.Frame
    page: p.Page


_MENU = (
    ("Overview", "", "home"),
    ("Purchases", "purchases", "bag"),
    ("Subscriptions", "subscriptions", "loop"),
    ("Downloads", "downloads", "download"),
    ("License keys", "licenses", "key"),
    ("Billing", "billing", "card"),
    ("Settings", "settings", "gear"),
)


class Samples:
    """Sample pages of one store in one language."""

    def __init__(self, theme: str, locale: str = "en", **theme_settings: str) -> None:
        self.store = replace(data.STORE, theme=theme, theme_settings=theme_settings)
        self.locale = locale

    def cases(self) -> Iterator[Case]:
        """Every page in its ordinary situation, then the situations that break designs."""
        for name, page in self._signed_out():
            yield self._case(name, page, signed_in=False)
        for name, page in self._signed_in():
            yield self._case(name, page)
        for name, page in self._hard():
            yield self._case(name, page)
        yield from self._elsewhere()

    def _case(
        self, name: str, page: p.Page, *, signed_in: bool = True, current: str | None = None
    ) -> Case:
        return Case(name, self.store, self.frame(name, signed_in=signed_in), page)

    def frame(self, name: str = "overview", *, signed_in: bool = True) -> frame_model.Frame:
        """What surrounds a page."""
        here = name.partition("-")[0]
        menu = tuple(
            frame_model.MenuItem(
                label, f"/p/{self.store.slug}/{path}", icon, here in (path or "overview", path[:-1])
            )
            for label, path, icon in _MENU
        )
        return frame_model.Frame(
            store=self.store,
            locale=self.locale,
            direction=direction(self.locale),
            csrf_token="sample",  # noqa: S106  a sample, checked by nobody
            menu=menu if signed_in else (),
            languages=tuple(
                frame_model.Language(code, language_name(code), code == self.locale)
                for code in ("en", "de")
            ),
            customer=data.CUSTOMER if signed_in else None,
            privacy_url="https://northwind.example/privacy",
            terms_url="https://northwind.example/terms",
            imprint_url="/p/northwind/imprint",
            has_subscriptions=signed_in,
        )

    def _signed_out(self) -> Iterator[tuple[str, p.Page]]:
        address = "c•••@example.com"
        wrong = (p.FieldError("email", "This is not an e-mail address. Look for a typo."),)
        yield "sign-in", p.SignInPage()
        yield (
            "sign-in-expired",
            p.SignInPage(
                data.CUSTOMER.email, notice="That link has expired. We can send a new one."
            ),
        )
        yield "sign-in-error", p.SignInPage("customer@", errors=wrong)
        yield "sign-in-wait", p.SignInPage(data.CUSTOMER.email, wait_seconds=290)
        yield "sign-in-sent", p.SignInSentPage(data.CUSTOMER.email, address, 30, True)
        yield (
            "sign-in-sent-wrong",
            p.SignInSentPage(
                data.CUSTOMER.email, address, 30, True, "That is not the code. 3 tries left."
            ),
        )
        yield (
            "sign-in-sent-exhausted",
            p.SignInSentPage(data.CUSTOMER.email, address, 30, True, exhausted=True),
        )
        yield "sign-in-link", p.SignInLinkPage("sample", address)
        yield "buy", p.BuyPage(data.FONT, (data.ONCE,), data.ONCE.id, test_mode=True)
        yield (
            "buy-prices",
            p.BuyPage(
                data.CLUB,
                (data.MONTHLY, data.YEARLY),
                data.YEARLY.id,
                "customer@",
                errors=wrong,
            ),
        )
        order = replace(data.ORDER, mode=Mode.TEST)
        thanks = "<p>Welcome to the family. <strong>Install the fonts</strong> and restart.</p>"
        yield "bought", p.BoughtPage("paid", order, data.ITEMS, address, thanks)
        yield "bought-waiting", p.BoughtPage("waiting", order, data.ITEMS, address)
        yield (
            "bought-failed",
            p.BoughtPage(
                "failed",
                order,
                data.ITEMS,
                address,
                failure_message="Your bank declined the card. Use another one.",
                retry_url="/p/northwind/buy/meridian",
            ),
        )
        yield (
            "error",
            p.ErrorPage(
                404,
                "This page is not here",
                "The address may be mistyped, or it is not yours to see.",
                "Sign in",
                "/p/northwind/sign-in",
            ),
        )

    def _signed_in(self) -> Iterator[tuple[str, p.Page]]:
        rows = (
            account.subscription_row(account.SUBSCRIPTION),
            account.subscription_row(account.CANCELLED),
        )
        yield (
            "overview",
            p.OverviewPage(None, (data.NEWS,), data.PURCHASES, True, rows),
        )
        yield (
            "overview-past-due",
            p.OverviewPage(
                p.Alert(account.PAST_DUE, data.GRACE_END),
                (),
                data.PURCHASES,
                True,
                (account.subscription_row(account.PAST_DUE), *rows),
            ),
        )
        yield "overview-empty", p.OverviewPage(None, (), (), False, ())
        yield "purchases", p.PurchasesPage(data.PURCHASES, older_url="?before=ord_1")
        yield "purchases-empty", p.PurchasesPage(())
        yield "purchase", account.purchase_page()
        yield "purchase-refunded", account.refunded_page()
        yield (
            "invoice",
            p.InvoicePage(
                data.ORDER, data.ITEMS, (data.PAYMENT,), (data.REFUND,), data.BILLED_CUSTOMER
            ),
        )
        yield (
            "subscriptions",
            sp.SubscriptionsPage((*rows, account.subscription_row(account.ENDED))),
        )
        yield "subscriptions-empty", sp.SubscriptionsPage(())
        yield "subscription", account.subscription_page(account.SUBSCRIPTION)
        yield "subscription-past-due", account.subscription_page(account.PAST_DUE)
        yield "subscription-to-confirm", account.confirm_page()
        yield "subscription-cancelled", account.subscription_page(account.CANCELLED)
        yield from account.change_pages()
        yield "cancel", account.cancel_page(account.SUBSCRIPTION)
        yield "cancel-past-due", replace(account.cancel_page(account.PAST_DUE), ends_at=None)
        yield (
            "payment-wait",
            p.PaymentMethodWaitPage(
                "Checking your payment method", "Your bank has not answered yet."
            ),
        )
        yield from self._files_and_settings()

    def _files_and_settings(self) -> Iterator[tuple[str, p.Page]]:
        yield "imprint", p.TextPage("Imprint", (("Northwind Type GmbH", "Berlin"), ("VAT DE1",)))
        yield "downloads", p.DownloadsPage(data.download_groups())
        yield "downloads-empty", p.DownloadsPage(())
        yield "file-missing", p.FileMissingPage("Meridian Sans")
        yield "licenses", p.LicensesPage(data.license_rows())
        yield "licenses-empty", p.LicensesPage(())
        yield "license-replace", p.ReplaceLicensePage(data.license_rows()[0])
        yield "billing", account.billing_page()
        yield from account.details_pages()
        yield "billing-empty", p.BillingPage((), (), (), None, False)
        wrong = (p.FieldError("email", "This address belongs to somebody else here."),)
        yield "settings", p.SettingsPage(data.CUSTOMER, account.DEVICES)
        yield (
            "settings-error",
            p.SettingsPage(data.CUSTOMER, account.DEVICES, "new@example.com", "other@x", wrong),
        )
        yield "unsubscribe", UnsubscribePage("/p/northwind/mails/unsubscribe")
        yield "unsubscribed", UnsubscribePage("/p/northwind/mails/unsubscribe", done=True)
        yield "email-change", EmailChangePage("sample", "new@example.com")
        yield "data-erase", DataErasePage("customer@example.com", False)
        yield "data-erase-running", DataErasePage("customer@example.com", True)
        yield "data-erase-sent", DataErasePage("customer@example.com", False, sent=True)
        yield "data-erase-confirm", DataErasePage("c•••@example.com", False, "sample")

    def _hard(self) -> Iterator[tuple[str, p.Page]]:
        yield "licenses-200", p.LicensesPage(data.license_rows() * 50)
        yield (
            "overview-long",
            p.OverviewPage(
                p.Alert(
                    replace(account.PAST_DUE, description=data.LONG), data.GRACE_END, account.OWED
                ),
                (replace(data.NEWS, file_name=data.LONG),),
                (data.long_purchase(),),
                True,
                (account.subscription_row(replace(account.SUBSCRIPTION, description=data.LONG)),),
            ),
        )
        for status in SubscriptionStatus:
            shown = replace(account.SUBSCRIPTION, status=status)
            yield f"subscription-is-{status.value}", account.subscription_page(shown)
        for reason in Reason:
            yield f"downloads-because-{reason.value}", p.DownloadsPage((data.refused(reason),))

    def _elsewhere(self) -> Iterator[Case]:
        notices = (
            frame_model.Notice("good", "Your payment method is updated."),
            frame_model.Notice("bad", "That form was open for too long. Send it once more."),
            frame_model.Notice("plain", "You are signed out."),
        )
        settings = p.SettingsPage(data.CUSTOMER, account.DEVICES)
        base = self.frame("settings")
        yield Case("settings-notices", self.store, replace(base, notices=notices), settings)
        long = replace(data.CUSTOMER, email=f"{'very.long' * 6}@subdomain.of.a.long.example")
        store = replace(self.store, name=data.LONG)
        frame = replace(base, customer=long, store=store)
        yield Case("settings-long", store, frame, replace(settings, customer=long))
        many = tuple(
            frame_model.Language(code, language_name(code), code == "ar")
            for code in ("en", "de", "fr", "ar", "he", "ja")
        )
        arabic = replace(self.store, name="متجر الخطوط")
        for name, page in self._signed_in():
            if name in ("overview-past-due", "purchase", "billing", "downloads", "cancel"):
                rtl = replace(
                    self.frame(name), locale="ar", direction="rtl", languages=many, store=arabic
                )
                yield Case(f"{name}-rtl", arabic, rtl, page)
