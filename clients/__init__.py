"""The applications that may sign people in: one registration (TOML) each, and Rekenrijk, a sample to copy.

Rekenrijk stands for a supplier's application: it knows LeerID by the protocol only and imports nothing of this repository.
"""
