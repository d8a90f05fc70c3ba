"""What the tests of every room share: databases, a provider over real HTTP, people, browsers and a relying party.

Nothing here stands in for code of ours: it starts the real thing and makes valid records for it.
"""
