"""Faults at random under load, and a ledger outside the program that says afterwards what was lost, doubled or late."""
