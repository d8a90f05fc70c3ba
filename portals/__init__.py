"""The two desks, Leerlingloket and Schoolloket: thin relying parties of the provider.

They own pages and nothing else: who somebody is comes from signing in, and every fact from the provider's HTTP API.
Nothing here imports `idp` or SQLAlchemy, and neither desk knows the other.
"""
