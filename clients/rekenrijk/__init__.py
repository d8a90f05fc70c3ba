"""Rekenrijk: a small application to practise sums, and an example of signing pupils in with LeerID."""
