"""The steps from one shape of the database to the next; each fits the code that is already running.

Owns the steps only: `idp.database_upgrade` decides when they run, and on which connection.
"""
