"""Tests of the three codecs: every rule alone, round trips, and bytes that mean nothing."""
