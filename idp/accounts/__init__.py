"""People who can sign in, pupils and staff: their accounts, passwords, e-mail addresses and what happened to them.

Owns the records of people and accounts. Must not know Flask, schools, sign-in or the protocol.
"""
