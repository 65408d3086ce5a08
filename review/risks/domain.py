"""What a change does to the domain at Amazon SES."""

from collections.abc import Iterator

from ..change import Change
from ..markdown import code
from ..preview import Preview
from ..risk import Risk, Weight

IDENTITIES = ("aws:sesv2/emailIdentity:EmailIdentity", "aws:ses/domainIdentity:DomainIdentity")
_MAIL_FROM = "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes"
_SET = "aws:sesv2/configurationSet:ConfigurationSet"


def _name(change: Change) -> str:
    return change.old.get("emailIdentity") or change.old.get("domain") or change.name


def identity_lost(preview: Preview) -> Iterator[Risk]:
    """An identity that is deleted, or replaced by one that is not verified yet."""
    for change in preview.of(*IDENTITIES):
        if not change.is_lost:
            continue
        name = code(_name(change))
        if change.operation == "delete":
            yield Risk(
                Weight.STOPS_MAIL,
                f"The SES identity {name} is deleted",
                "SES refuses all mail from it (554), and its DKIM keys are gone for good: a new identity has new ones.",
                "Be sure that nobody sends from it any more. To keep it at SES, set `retain_on_delete` first.",
            )
        else:
            yield Risk(
                Weight.STOPS_MAIL,
                f"The SES identity {name} is replaced",
                "Verification starts again, and SES refuses mail from the new identity (554) until DNS shows its DKIM "
                "records: minutes with Route 53, up to 72 hours elsewhere. The old one goes when the update ends.",
                "If only a name in the program has changed, add an alias. Else create the new one beside the old one, "
                "wait until it is verified, and only then move the relay.",
            )


def mail_from_changed(preview: Preview) -> Iterator[Risk]:
    """Another envelope sender, or none of one's own any more."""
    for change in preview.of(_MAIL_FROM):
        old, new = change.old.get("mailFromDomain"), change.new.get("mailFromDomain")
        if change.operation not in ("update", "replace", "delete") or old == new:
            continue
        becomes = (
            code(new)
            if new
            else "Amazon's own"
            if change.operation == "delete"
            else "one that is not known yet"
        )
        refuses = change.new.get("behaviorOnMxFailure") == "REJECT_MESSAGE"
        yield Risk(
            Weight.STOPS_MAIL if refuses else Weight.CHANGES_MAIL,
            f"The MAIL FROM domain changes from {code(old)} to {becomes}",
            "Until DNS shows the new MX and SPF records, "
            + (
                "SES rejects all mail."
                if refuses
                else "SES uses a domain of Amazon's, and mail passes DMARC by DKIM alone."
            ),
            "Add the records of the new domain first; leave the old ones for some days, as bounces still come to them.",
        )


def configuration_set_loosened(preview: Preview) -> Iterator[Risk]:
    """A configuration set that lets mail go in plain text, or lets none go."""
    for change in preview.of(_SET):
        old, new = (state.get("deliveryOptions", "tlsPolicy") for state in (change.old, change.new))
        is_loosened = old == "REQUIRE" if new is None else old != new == "OPTIONAL"
        if change.operation != "delete" and is_loosened:
            yield Risk(
                Weight.OPENS,
                "SES may deliver in plain text",
                "The configuration set's TLS policy is not `REQUIRE`: to receivers without TLS, mail goes unencrypted.",
                'Set `tls` to `"require"`, unless you mean it.',
            )
        if (
            change.new.get("sendingOptions", "sendingEnabled") is False
            and change.old.get("sendingOptions", "sendingEnabled") is not False
        ):
            yield Risk(
                Weight.STOPS_MAIL,
                "Sending is switched off",
                "The configuration set has `sendingEnabled: false`: SES refuses all mail that uses it.",
                "Set `sending` to `True`, unless that is the purpose.",
            )


def configuration_set_lost(preview: Preview) -> Iterator[Risk]:
    """A configuration set that goes, with what it knew."""
    for change in preview.of(_SET):
        if change.is_lost:
            yield Risk(
                Weight.CHANGES_MAIL,
                f"The configuration set {code(change.old.get('configurationSetName') or change.name)} is "
                + ("deleted" if change.operation == "delete" else "replaced"),
                "Its reputation metrics and event destinations go with it, and senders that name it "
                "in a header are refused.",
                "Look for applications that send `X-SES-CONFIGURATION-SET`, and for alarms on its name.",
            )
    for change in preview.of(IDENTITIES[0]):
        had, has = ("configurationSetName" in state.inputs for state in (change.old, change.new))
        if change.operation == "update" and had and not has:
            yield Risk(
                Weight.OPENS,
                "The identity has no configuration set any more",
                "TLS to receivers is no longer required, and events and suppression of the set no longer apply.",
                "Leave the configuration set in place.",
            )


def signing_changed(preview: Preview) -> Iterator[Risk]:
    """Another DKIM key."""
    for change in preview.of(IDENTITIES[0]):
        if change.operation == "update" and any(
            path.startswith("dkimSigningAttributes") for path in change.changed
        ):
            yield Risk(
                Weight.CHANGES_MAIL,
                "The DKIM key changes",
                "Mail is signed with a key that DNS may not show yet; unsigned or wrongly signed mail fails DMARC.",
                "Publish the record of the new key first, under a new selector, and keep the old record for a week.",
            )


RULES = (
    identity_lost,
    mail_from_changed,
    configuration_set_loosened,
    configuration_set_lost,
    signing_changed,
)
