"""Applications that register themselves (RFC 7591, RFC 7592, OIDC Dynamic Registration 1.0): off unless switched on.

Owns what such an application says, its rows and its addresses. Knows nothing of tokens but how to end them.
"""
