"""Mails and logout notices that could not be delivered, for the operators."""
