"""The HTTP API of the portals: JSON, problems after RFC 9457, an OpenAPI document.

Must not know the protocol's endpoints nor a page: a portal's token opens it. No call takes a password, and no answer holds
one but those of the renewal that made it.
"""
