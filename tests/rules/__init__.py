"""The rules, as tables of examples."""
