"""What stops a command in a way that its user can mend."""


class Failure(Exception):
    """Printed as it is, without a traceback: what is wrong, then what to do."""
