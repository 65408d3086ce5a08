"""Measures the relay beside stock OpenSMTPD and Postfix: `make bench`."""
