"""The components as a provider plugin, for programs in any Pulumi language.

The schema is made from the annotations and docstrings of the components and their args. What only Python can express
is not in it: `write_record` of MailRelay and SesDomain, a function. `components/schema.json` is the schema as it was
released; `make schema` writes it anew.
"""
