"""Flask plumbing that knows no rule: a request's moment and session, cookies, forms, headers, errors, logs.

Owns everything about HTTP that is the same for each page. Must not know accounts, sign-in or the protocol.
"""
