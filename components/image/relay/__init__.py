"""The relay container: its environment, the smtpd.conf made of it, its supervisor and its health check."""
