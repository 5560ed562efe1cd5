"""Every way to change something in the dashboard and the portal, and what must be noted of it.

A new route is a new line: ``Audited`` where it touches money or access, else ``Nothing`` and why.
The walk goes from top to bottom, so what ends something stands below what needs it.
"""

import io

from PIL import Image

from tests.audit import steps
from tests.audit.walk import CUSTOMER, SANDBOX, Audited, Nothing

_D, _P = "/dashboard/<store>/", "/p/<store>/"
_CUSTOMER, _PRODUCT = f"{_D}customers/<customer_id>/", f"{_D}products/<product_id>/"
_FILE = f"{_PRODUCT}files/<file_id>/"
_picture = io.BytesIO()
Image.new("RGB", (1, 1)).save(_picture, "PNG")
PNG = _picture.getvalue()
"""A picture of one pixel."""
_LOOKS = Nothing("shows what a text would look like; nothing is saved")
_OPENS_NOTHING = Nothing("asks for a mail; who is in is noted when its link or code is used")

ACCESS: dict[str, Audited | Nothing] = {
    f"{_CUSTOMER}access": Audited(
        "grant.grant", "grant:*", {"decision": "give", "product_id": "{product_id}", "reason": "x"}
    ),
    f"{_CUSTOMER}access/<grant_id>/revoke": Audited(
        "grant.revoke", "grant:{grant_id}", before=steps.a_grant
    ),
    f"{_CUSTOMER}sign-in-link": Audited("customer.send_link", "customer:{customer_id}"),
    f"{_CUSTOMER}view": Audited("customer.view", "customer:{customer_id}"),
    f"{_P}view-as/stop": Audited(
        "customer.view_end", "customer:{customer_id}", before=steps.a_view, who="owner"
    ),
    f"{_CUSTOMER}email": Audited(
        "customer.correct_email", "customer:{customer_id}", {"email": "right@example.com"},
        before=steps.a_stranger,
    ),
    f"{_CUSTOMER}merge": Audited(
        "customer.merge", "customer:{customer_id}", {"other_id": "{other_id}"},
        before=steps.two_strangers,
    ),
    f"{_CUSTOMER}erase": Audited(
        "customer.erase", "customer:{customer_id}", {"confirmation": "{email}"},
        before=steps.a_stranger,
    ),
    f"{_D}licenses/<license_id>/show": Audited("license.reveal", "license:{license_id}"),
    f"{_D}licenses/<license_id>/try-again": Audited(
        "license.try_again", "license:{license_id}", before=steps.a_pending_key
    ),
    f"{_D}licenses/<license_id>/replace": Audited(
        "license.replace", "license:{license_id}", before=steps.an_active_key
    ),
    f"{_P}licenses/<license_id>/replace": Audited(
        "license.replace", "license:{license_id}", actor=CUSTOMER, before=steps.the_newest_key
    ),
    f"{_D}licenses/<license_id>/disable": Audited(
        "license.disabled", "license:{license_id}", before=steps.an_active_key
    ),
    f"{_PRODUCT}licenses/past": Audited("license.past", "product:{product_id}"),
    f"{_D}licenses/bulk": Audited(
        "license.disabled", "license:{license_id}",
        {"ids": "{license_id}", "do": "disable", "confirmed": "1"}, before=steps.an_active_key,
    ),
}  # fmt: skip
"""What a customer may have, and who is who."""

MONEY: dict[str, Audited | Nothing] = {
    f"{_P}buy/<slug>": Nothing("an order that nobody has paid; paying it is noted"),
    "/x/payments_sandbox/<store>/pay/<id>": Audited(
        "order.paid", "order:*",
        steps.CARD,
        actor=SANDBOX, before=steps.a_checkout, after=steps.back_in_the_portal,
    ),
    f"{_D}orders/<order_id>/refund": Audited(
        "order.refund", "order:{order_id}", {"amount": "1.00", "reason": "x"}
    ),
    f"{_D}orders/<order_id>/resend": Audited("order.resend", "order:{order_id}"),
    f"{_D}orders/bulk": Audited(
        "order.resend", "order:{order_id}", {"ids": "{order_id}", "confirmed": "1"}
    ),
    f"{_D}subscriptions/<subscription_id>/cancel": Audited(
        "subscription.cancel", "subscription:{subscription_id}", {"mode": "at_period_end"}
    ),
    f"{_D}subscriptions/<subscription_id>/resume": Audited(
        "subscription.resume", "subscription:{subscription_id}"
    ),
    f"{_P}subscriptions/<subscription_id>/cancel": Audited(
        "subscription.cancel", "subscription:{subscription_id}", actor=CUSTOMER
    ),
    f"{_P}subscriptions/<subscription_id>/resume": Audited(
        "subscription.resume", "subscription:{subscription_id}", actor=CUSTOMER
    ),
    f"{_P}subscriptions/<subscription_id>/change": Nothing("shows what a change would cost"),
    f"{_P}subscriptions/<subscription_id>/change/<change_id>": Audited(
        "subscription.plan", "subscription:{subscription_id}", actor=CUSTOMER,
        before=steps.a_change_of_plan,
    ),
    f"{_P}subscriptions/<subscription_id>/offer": Audited(
        "subscription.retention", "subscription:{subscription_id}", actor=CUSTOMER
    ),
    f"{_P}subscriptions/<subscription_id>/pause": Audited(
        "subscription.pause", "subscription:{subscription_id}", {"months": "12"}, actor=CUSTOMER
    ),
    f"{_P}subscriptions/<subscription_id>/unpause": Audited(
        "subscription.unpause", "subscription:{subscription_id}", actor=CUSTOMER
    ),
    f"{_P}subscriptions/<subscription_id>/payment-method": Nothing(
        "leads to the provider's page; what is given there is noted"
    ),
    f"{_P}billing/invoices/<invoice_id>/pay": Nothing(
        "leads to the provider's page; what is paid there is noted as order.paid"
    ),
    f"{_P}billing/payment-methods": Nothing("as for one subscription"),
    "/x/payments_sandbox/<store>/update/<id>": Audited(
        "payment_method.update", "payment_method:*",
        steps.CARD,
        actor=CUSTOMER, before=steps.a_new_card, after=steps.back_in_the_portal,
    ),
    f"{_P}billing/payment-methods/<method_id>/remove": Audited(
        "payment_method.remove", "payment_method:{method_id}", actor=CUSTOMER,
        before=steps.an_unused_method,
    ),
    f"{_D}x/payments_sandbox/subscriptions": Audited(
        "plugin.page", "plugin:payments_sandbox", {"do": "renew"}
    ),
    f"{_D}x/withdrawal_eu/statements": Audited("plugin.page", "plugin:withdrawal_eu"),
    f"{_D}x/helpdesk/open": Audited(
        "plugin.page", "plugin:helpdesk", before=steps.the_help_desk
    ),
    f"{_D}x/payments_stripe/account": Audited(
        "plugin.page", "plugin:payments_stripe", before=steps.stripe
    ),
    f"{_D}x/payments_stripe/import": Audited(
        "plugin.page", "plugin:payments_stripe", before=steps.stripe
    ),
    f"{_P}x/withdrawal_eu/withdraw": Nothing("a statement to the seller; the refund is noted"),
    f"{_P}x/helpdesk/questions": Nothing("a question to the seller"),
}  # fmt: skip
"""What is paid, paid back and charged, also on the pages of plugins."""

OWN: dict[str, Audited | Nothing] = {
    f"{_P}sign-in": _OPENS_NOTHING,
    f"{_P}sign-in/link": Audited(
        "customer.sign_in", "customer:{stranger}", {"token": "{token}"},
        actor="customer:{stranger}", who="guest", before=steps.a_customers_link,
    ),
    f"{_P}sign-in/code": Audited(
        "customer.sign_in", "customer:{stranger}", {"code": "{code}"},
        actor="customer:{stranger}", who="guest", before=steps.a_customers_link,
    ),
    f"{_P}sign-out": Nothing("ends the session of the very browser that asks"),
    f"{_P}settings/email": Nothing("the new address has to prove itself first; that is noted"),
    f"{_P}settings/devices/<session_id>/sign-out": Audited(
        "customer.sign_out_device", "customer:{customer_id}", actor=CUSTOMER,
        before=steps.a_device,
    ),
    f"{_P}settings/email/confirm": Audited(
        "customer.change_email", "customer:{customer_id}", {"token": "{token}"}, actor=CUSTOMER,
        before=steps.a_proof_of_an_address,
    ),
    f"{_P}settings/data/erase": Nothing("asks for the mail that confirms it"),
    f"{_P}settings/data/erase/confirm": Audited(
        "customer.erase", "customer:{stranger}", {"token": "{token}"}, actor="customer:{stranger}",
        who="guest", before=steps.a_mail_to_erase,
    ),
    f"{_P}billing/details": Audited(
        "customer.billing", "customer:{customer_id}", {"name": "Kim", "country": "DE"},
        actor=CUSTOMER,
    ),
    f"{_P}settings/mails": Nothing("which news somebody wants"),
    f"{_P}mails/unsubscribe": Nothing("which news somebody wants"),
    f"{_P}settings/language": Nothing("a language"),
    f"{_P}settings/sign-out-everywhere": Audited(
        "customer.sign_out_everywhere", "customer:{customer_id}", actor=CUSTOMER
    ),
}  # fmt: skip
"""What customers do with their own account."""

CATALOG: dict[str, Audited | Nothing] = {
    f"{_D}products/new": Audited("product.create", "product:*", {"name": "New"}),
    _PRODUCT.rstrip("/"): Audited(
        "product.update", "product:{product_id}", {"name": "Other", "slug": "other"},
        before=steps.a_product,
    ),
    f"{_PRODUCT}access": Audited("product.update", "product:{product_id}", {"older_versions": "1"}),
    f"{_PRODUCT}subscription-rules": Audited(
        "product.update", "product:{product_id}", {"grace_days": "3"}
    ),
    f"{_PRODUCT}after-payment": Audited(
        "product.update", "product:{product_id}", {"confirmation_message": "Thanks"}
    ),
    f"{_PRODUCT}after-payment/preview": _LOOKS,
    f"{_PRODUCT}prices": Audited(
        "price.add", "product:{product_id}", {"amount": "3", "currency": "EUR", "period": "once"}
    ),
    f"{_PRODUCT}prices/<price_id>/off": Audited(
        "price.deactivate", "product:{product_id}", before=steps.a_product
    ),
    f"{_PRODUCT}prices/<price_id>/on": Audited(
        "price.activate", "product:{product_id}", before=steps.an_archived_product
    ),
    f"{_PRODUCT}archive": Audited(
        "product.archive", "product:{product_id}", before=steps.a_product
    ),
    f"{_PRODUCT}restore": Audited(
        "product.restore", "product:{product_id}", before=steps.an_archived_product
    ),
    f"{_PRODUCT}licenses": Audited(
        "product.licenses", "product:{product_id}", {"format": "uuid4"}, query="issuer=licenses",
        before=steps.a_product,
    ),
    f"{_PRODUCT}licenses/off": Audited(
        "product.licenses", "product:{product_id}", before=steps.a_product
    ),
    f"{_FILE}down": Audited("file.order", "product:{product_id}", before=steps.a_product),
    f"{_FILE}up": Audited(
        "file.order", "product:{product_id}", before=steps.a_product_by_its_second_file
    ),
    f"{_PRODUCT}files/order": Audited(
        "file.order", "product:{product_id}", {"id": "{file_id}"},
        before=steps.a_product_by_its_second_file,
    ),
    f"{_FILE}name": Audited("file.rename", "file:{file_id}", {"name": "x"}, before=steps.a_product),
    f"{_FILE}tell": Audited("file.announce", "file_version:{version}", before=steps.a_product),
    f"{_FILE}remove": Audited("file.remove", "file:{file_id}", before=steps.a_product),
    f"{_PRODUCT}uploads": Nothing("announces bytes; the file is noted when they are whole"),
    f"{_D}uploads/<upload_id>": Nothing("a part of a file"),
    f"{_D}uploads/<upload_id>/cancel": Nothing("forgets parts that nobody had yet"),
    f"{_D}uploads/<upload_id>/finish": Audited("file.add", "file:*", before=steps.a_whole_upload),
    f"{_D}uploads/form/<product_id>": Audited("file.add", "file:*", file=("a.txt", b"a file")),
}  # fmt: skip
"""What is sold, for how much, and which files come with it."""

TEAM: dict[str, Audited | Nothing] = {
    "/dashboard/sign-in": _OPENS_NOTHING,
    "/dashboard/sign-in/link": Audited(
        "seller.sign_in", "seller:{manager}", {"token": "{token}"}, actor="seller:{manager}",
        who="guest", before=steps.a_sellers_link, store="",
    ),
    "/dashboard/sign-in/code": Audited(
        "seller.sign_in", "seller:{manager}", {"code": "{code}"}, actor="seller:{manager}",
        who="guest", before=steps.a_sellers_link, store="",
    ),
    "/dashboard/sign-out": Nothing("ends the session of the very browser that asks"),
    "/dashboard/language": Nothing("a language"),
    "/dashboard/set-up": Nothing(
        "makes the first seller of an empty installation: "
        "test_the_first_seller_and_store_are_noted"
    ),
    "/dashboard/new-store": Audited(
        "store.create", "store:*", {"store_name": "Third", "currency": "EUR"}, store="*"
    ),
    "/dashboard/invitations/<store_id>": Audited(
        "team.join", "seller:{seller}", before=steps.an_invitation_of_the_owner
    ),
    "/dashboard/invitations/<store_id>/decline": Audited(
        "team.revoke", "seller:{seller}", before=steps.an_invitation_of_the_owner_again
    ),
    f"{_D}settings/team": Audited(
        "team.invite", "seller:*", {"email": "next@example.com", "role": "support"}
    ),
    f"{_D}settings/team/<seller_id>/resend": Audited(
        "team.invite", "seller:{seller_id}", before=steps.an_invitation
    ),
    f"{_D}settings/team/<seller_id>/revoke": Audited(
        "team.revoke", "seller:{seller_id}", before=steps.an_invitation
    ),
    f"{_D}settings/team/<seller_id>/role": Audited(
        "team.role", "seller:{seller_id}", {"role": "manager"}, before=steps.a_member
    ),
    f"{_D}settings/team/<seller_id>/remove": Audited(
        "team.remove", "seller:{seller_id}", before=steps.a_member
    ),
}  # fmt: skip
"""Who may enter the dashboard."""

_STORE = "store:{store_id}"
SETTINGS: dict[str, Audited | Nothing] = {
    f"{_D}set-up": Nothing("hides the list of first steps"),
    f"{_D}settings/store": Audited(
        "store.update", _STORE,
        {"name": "Northwind", "currency": "EUR", "timezone": "UTC", "locale": "en"},
    ),
    f"{_D}settings/portal": Audited(
        "store.update", _STORE,
        {"sections": "billing", "mode": "at_period_end", "session_days": "30", "grace_days": "3",
         "locale": "en", "languages": "en"},
    ),
    f"{_D}settings/portal/domain": Audited(
        "domain.enter", "domain:portal.shop.example", {"domain": "portal.shop.example"}
    ),
    f"{_D}settings/portal/domain/check": Nothing(
        "asks the DNS; that a domain is used or given up is noted (tests/domains)"
    ),
    f"{_D}settings/portal/domain/remove": Audited(
        "domain.remove", "domain:portal.shop.example"
    ),
    f"{_D}settings/sender/check": Nothing("asks the DNS, and keeps what it says"),
    f"{_D}settings/legal": Audited("store.update", _STORE, {"imprint": "x"}),
    f"{_D}settings/appearance": Audited(
        "store.update", _STORE, {"accent": "#204080", "corners": "soft"}
    ),
    f"{_D}settings/appearance/theme": Audited("store.update", _STORE, {"theme": "default"}),
    f"{_D}settings/appearance/image/<name>": Audited(
        "store.image", "image:*", file=("a.png", PNG), before=steps.the_logo
    ),
    f"{_D}settings/sender": Audited("store.update", _STORE, {"name": "Shop"}),
    f"{_D}settings/sender/confirm": Audited(
        "store.update", _STORE, {"token": "{token}"}, before=steps.a_sender_address
    ),
    f"{_D}emails/<kind>": Audited("email.text", "email_kind:{kind}", {"subject": "x", "body": "y"}),
    f"{_D}emails/<kind>/restore/<template_id>": Audited(
        "email.text", "email_kind:{kind}", before=steps.a_saved_text
    ),
    f"{_D}emails/<kind>/reset": Audited("email.reset", "email_kind:{kind}"),
    f"{_D}emails/<kind>/switch": Audited(
        "email.switch", "email_kind:{kind}", before=steps.a_kind_to_switch
    ),
    f"{_D}emails/<kind>/preview": _LOOKS,
    f"{_D}emails/<kind>/frame": _LOOKS,
    f"{_D}emails/<kind>/test": Nothing("a mail to somebody of the team"),
    f"{_D}emails/pace": Audited("store.update", _STORE, {"per_minute": "5"}),
    f"{_D}emails/dead/replay": Nothing("sends what was to be sent anyway"),
    f"{_D}emails/sent/<email_id>/again": Audited("mail.resend", "email:{email_id}"),
    f"{_D}plugins/choose": Audited(
        "store.update", _STORE, {"setting": "email", "plugin": "email_mailbox"}
    ),
    f"{_D}plugins/<name>/up": Audited("store.update", _STORE, before=steps.the_help_desk),
    f"{_D}plugins/<name>/down": Audited("store.update", _STORE, before=steps.the_help_desk),
    f"{_D}plugins/<name>/health": Audited(
        "plugin.health_reset", "plugin:helpdesk", before=steps.the_help_desk
    ),
    f"{_D}plugins/<name>/switch": Audited(
        "plugin.on", "plugin:helpdesk", {"to": "on"}, before=steps.the_help_desk
    ),
    f"{_D}plugins/<name>": Audited(
        "plugin.settings", "plugin:helpdesk", {"opens": "8", "closes": "18"},
        before=steps.the_help_desk,
    ),
    f"{_D}plugins/<name>/off": Audited(
        "plugin.off", "plugin:helpdesk", before=steps.the_help_desk
    ),
    f"{_D}settings/store/mode": Audited("store.update", _STORE, {"mode": "live"}),
}  # fmt: skip
"""How the store and its plugins are set."""

TABLE = ACCESS | MONEY | OWN | CATALOG | TEAM | SETTINGS
