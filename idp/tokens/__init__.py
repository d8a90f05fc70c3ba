"""What we hand out and take back: codes, access tokens, refresh tokens, and the families they belong to.

Owns their records and their single use. Must not know HTTP pages; only `guard` knows Authlib.
"""
