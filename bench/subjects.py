"""The relays that are measured side by side: what each is built from, and how each learns its upstream."""

from dataclasses import dataclass
from pathlib import Path

CA_FILE = "/ca.pem"

_USER, _PASSWORD = "user", "password"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Subject:
    """A relay, by the name that the results have."""

    name: str
    context: Path
    """What its image is built from."""

    @property
    def image(self) -> str:
        """The tag of its image."""
        return f"opensmtpd-bench:{self.name}"

    def environment(self, address: str, port: int, *, with_tls: bool) -> dict[str, str]:
        """Its variables, for clients on `address` and an upstream on `port` of localhost."""
        if self != OURS:
            login = {"LOGIN": f"{_USER}:{_PASSWORD}"} if with_tls else {}
            return {"ADDRESS": address, "UPSTREAM_PORT": str(port), **login}
        upstream = {"RELAY_HOST": "localhost", "RELAY_PORT": str(port)}
        if with_tls:
            upstream |= {"RELAY_USER": _USER, "RELAY_PASSWORD": _PASSWORD, "RELAY_CA_FILE": CA_FILE}
        else:
            upstream["RELAY_PROTO"] = "smtp+notls"
        return upstream | {
            "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com",
            "OPENSMTPD_BIND_ADDR4": address,
            "OPENSMTPD_BIND_ADDR6": "none",
        }


OURS = Subject("ours", _HERE.parent / "components" / "image")
STOCK = Subject("stock", _HERE / "opensmtpd")
POSTFIX = Subject("postfix", _HERE / "postfix")

SUBJECTS = (OURS, STOCK, POSTFIX)
