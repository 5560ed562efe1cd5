"""What the DNS says about a sender's domain, in words: what is there, and what to set."""

from typing import Any, NamedTuple

from portico.domains import mail
from portico.domains.models import RecordCheck, RecordState
from portico.i18n import N_
from portico.web.dashboard.domain_words import DnsRecord
from portico.web.dashboard.forms import Fields, shown
from portico.web.dashboard.here import Here

_STATES = {
    RecordState.FOUND: ("good", "ok", N_("Found")),
    RecordState.MISSING: ("bad", "warning", N_("Missing")),
    RecordState.WRONG: ("bad", "warning", N_("Wrong")),
    RecordState.UNKNOWN: ("warn", "waiting", N_("Could not be checked")),
}
_TITLES = {
    "spf": ("SPF", N_("Which servers may send mails of the domain.")),
    "dkim": ("DKIM", N_("The key with which your mail server signs each mail.")),
    "dmarc": ("DMARC", N_("What receivers do with mails that are not proven to be yours.")),
}
_SAYS = {
    "dns_no_name": N_(
        "The DNS knows no %(name)s. Look whether it is spelled right, and whether the domain is "
        "registered and paid for."
    ),
    "dns_timeout": N_("The DNS did not answer in time. Check again in a minute."),
    "dns_failure": N_(
        "The DNS server says that it cannot look up %(name)s. Check again in a minute; if it stays "
        "like this, ask whoever hosts your domain."
    ),
    "spf_missing": N_(
        "The domain does not say who may send its mails, so receivers may take yours for spam."
    ),
    "spf_several": N_(
        "There are several SPF records, and receivers then use none of them. Replace them by one."
    ),
    "spf_anybody": N_(
        "The record allows everybody to send mails as yours. Replace it by one that ends with ~all."
    ),
    "spf_too_many": N_(
        "Reading the record takes more than ten further look-ups, and receivers then ignore it. "
        "Take out what you do not use any more."
    ),
    "spf_broken": N_(
        "The record refers to %(name)s, where there is no SPF record, and receivers then ignore "
        "all of it. Take that part out, or correct it."
    ),
    "spf_not_named": N_(
        "The record does not name your mail server (%(server)s). Replace it by the one below, or "
        "leave it if your mails leave from another server that is named."
    ),
    "spf_refuses": N_("%(server)s may send. Mails from servers that are not named are refused."),
    "spf_doubts": N_("%(server)s may send. Mails from servers that are not named are suspicious."),
    "spf_open": N_(
        "%(server)s may send. Nothing is said about other servers; with ~all at the end, "
        "receivers would doubt their mails."
    ),
    "dkim_missing": N_(
        "There is no key under the selector %(selector)s. Your mail server or its provider shows "
        "the record with the key, often under “DKIM” or “domain authentication”."
    ),
    "dkim_not_found": N_(
        "There is no key under the usual selectors. Your mail server or its provider shows the "
        "record with its selector and key; type the selector below to check it."
    ),
    "dkim_several": N_(
        "There are several keys under the selector %(selector)s, and receivers may take the wrong "
        "one. Leave one."
    ),
    "dkim_revoked": N_(
        "The key under the selector %(selector)s was taken back: it is empty. Set the one that "
        "your mail server shows now."
    ),
    "dkim_broken": N_(
        "The key under the selector %(selector)s cannot be read. Copy the record again, without "
        "line breaks and quotation marks."
    ),
    "dkim_short": N_(
        "The key under the selector %(selector)s has %(bits)s bits, and receivers ignore keys of "
        "less than 1024. Have your mail server make a new one."
    ),
    "dkim_found": N_("There is a key under the selector %(selector)s."),
    "dmarc_missing": N_(
        "The domain has no policy. Large providers of mail want one; this one changes nothing else."
    ),
    "dmarc_several": N_(
        "There are several DMARC records, and receivers then use none of them. Leave one."
    ),
    "dmarc_broken": N_("The record has no valid policy (p=), so receivers ignore it."),
    "dmarc_none": N_(
        "The policy of %(domain)s is to watch only: what receivers do with mails is left to them."
    ),
    "dmarc_quarantine": N_(
        "By the policy of %(domain)s, mails that are not proven to be yours go to the spam folder."
    ),
    "dmarc_reject": N_(
        "By the policy of %(domain)s, mails that are not proven to be yours are refused."
    ),
}


_KEY = N_("v=DKIM1; k=rsa; p= and then the key that your mail server shows")


class RecordWords(NamedTuple):
    """One record as the page shows it; ``add`` is what to set, or None."""

    title: str
    about: str
    state: tuple[str, str, str]
    says: str
    name: str
    found: tuple[str, ...]
    add: DnsRecord | None


def _words(at: Here, one: RecordCheck) -> RecordWords:
    title, about = _TITLES[one.record]
    add = DnsRecord("TXT", one.name, one.add) if one.add else None
    if one.says == "dkim_missing":  # only the mail server knows its key
        add = DnsRecord("TXT", one.name, at.say(_KEY), whole=False)
    return RecordWords(
        title, at.say(about), _STATES[one.state], at.say(_SAYS[one.says], **one.values), one.name,
        one.found, add,
    )  # fmt: skip


async def sender_check(at: Here, form: Fields[Any] | None = None) -> dict[str, Any]:
    """What the page needs to show the last check of the sender's domain."""
    found = await mail.last(at.rt, at.store)
    return {
        "form": form or shown({"selector": found.selector if found else ""}),
        "domain": mail.domain_of(at.rt, at.store),
        "checked_at": found.checked_at if found else None,
        "records": [_words(at, one) for one in found.records] if found else [],
    }
