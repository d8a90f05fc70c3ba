"""The Leerlingloket, a pupil's own desk: the applications that open with LeerID, and the pupil's own profile.

Owns these pages; must not know the Schoolloket.
"""
