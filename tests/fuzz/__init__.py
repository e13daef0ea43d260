"""Bytes that a fuzzer makes, led by what it reaches in them, into the parsers of src/carevia/protocol."""
