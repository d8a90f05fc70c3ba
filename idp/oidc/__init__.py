"""The protocol: OAuth 2 and OpenID Connect, in the words of their specifications.

Owns clients, authorization requests, decisions, grants, claims and keys. Authlib and joserfc live here. Asks
`authentication` for a sign-in and `tokens` for what is handed out; must not know a portal or a template's looks.
"""
