"""The SMTP password that SES derives from a secret access key.

Written here a second time on purpose: an emulator that shared the components' derivation could not find fault with it.
"""

import base64
import hashlib
import hmac

# https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert
_CHAIN_BEFORE_REGION = "11111111"
_CHAIN_AFTER_REGION = ("ses", "aws4_request", "SendRawEmail")
_VERSION = b"\x04"


def smtp_password(secret_access_key: str, region: str) -> str:
    """Return the password with which the key's id logs in to the SMTP endpoint of `region`, and of no other."""
    signature = f"AWS4{secret_access_key}".encode()
    for part in (_CHAIN_BEFORE_REGION, region, *_CHAIN_AFTER_REGION):
        signature = hmac.digest(signature, part.encode(), hashlib.sha256)
    return base64.b64encode(_VERSION + signature).decode()
