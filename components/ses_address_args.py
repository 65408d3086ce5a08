"""What SesAddress can be told."""

import pulumi

from .ses_identity_args import SesIdentityOptions


class SesAddressArgs(SesIdentityOptions):
    """Arguments of SesAddress."""

    address: pulumi.Input[str]
    """The address that mail is sent from, such as `app@example.com`. Its owner gets a mail of SES's with a link."""
