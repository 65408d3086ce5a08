"""Which of two upstreams takes the mail: the primary while it works, else the fallback. Pure, no I/O."""

PRIMARY = "primary"
FALLBACK = "fallback"

_FAILURES = 2  # one may be a hiccup; the next probe comes within seconds


def choose(active: str, primary_failures: int, fallback_passed: bool) -> str:
    """The upstream to use from now on: PRIMARY or FALLBACK.

    `primary_failures` is how many of the primary's last probes have failed without a pass since. After two the fallback
    takes over, if it passes itself; the primary comes back with its first pass. While neither passes, `active` stays.
    """
    if not primary_failures:
        return PRIMARY
    if primary_failures >= _FAILURES and fallback_passed:
        return FALLBACK
    return active
