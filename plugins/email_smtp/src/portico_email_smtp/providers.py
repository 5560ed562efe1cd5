"""What the large providers of mail ask for in the DNS of a sender's domain, by their servers."""

from portico.api import SenderNeeds

_PROVIDERS = {
    "gmail.com": ("Google", "include:_spf.google.com", ("google",)),
    "office365.com": (
        "Microsoft 365", "include:spf.protection.outlook.com", ("selector1", "selector2"),
    ),
    "postmarkapp.com": ("Postmark", "include:spf.mtasv.net", ("pm",)),
    "mailgun.org": ("Mailgun", "include:mailgun.org", ("mx", "pic", "k1", "smtp")),
    "sendgrid.net": ("SendGrid", "include:sendgrid.net", ("s1", "s2")),
    "amazonaws.com": ("Amazon SES", "include:amazonses.com", ()),
    "fastmail.com": ("Fastmail", "include:spf.messagingengine.com", ("fm1", "fm2", "fm3")),
}  # fmt: skip
"""By the end of the server's name: the provider, its SPF mechanism, its DKIM selectors."""


def needs_of(host: str) -> SenderNeeds:
    """What mails through this server need: its provider's, or that the server itself may send."""
    name = host.lower().rstrip(".")
    for end, (title, spf, selectors) in _PROVIDERS.items():
        if name == end or name.endswith(f".{end}"):
            return SenderNeeds(title, spf, selectors)
    return SenderNeeds(name, f"a:{name}")
