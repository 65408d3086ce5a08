"""A policy pack for stacks that send mail. Only __main__.py needs Pulumi's SDK: the rules are plain functions."""
