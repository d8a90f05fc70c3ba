"""The Schoolloket, the desk of a school's LeerID-beheerders.

Owns these pages; must not know the Leerlingloket.
"""
