"""Who is behind this browser: signing in, step by step, and the session that follows.

Owns login attempts, failure counters, known devices, browser sessions and requests for a lost password. May ask
`accounts`; must not know OpenID Connect, Authlib or a portal: whoever needs a sign-in hands over a `Requirement` and gets
a `SignIn`.
"""
