"""The EU's function to withdraw from a contract, for customers and guests."""

from portico_withdrawal_eu.plugin import WithdrawalEU

__all__ = ["plugin"]

plugin = WithdrawalEU()
