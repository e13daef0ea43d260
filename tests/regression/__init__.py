"""Faults that were there before, each kept away by a test that tells its story."""
