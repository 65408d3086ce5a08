"""What the objects of a relay on Kubernetes say: pure functions that return the API's own form, camelCase as in YAML.

A value may be an Output wherever it is only passed on.
"""
