"""The tests mirror src/; harness/ starts real things, acceptance/ watches them from outside."""
