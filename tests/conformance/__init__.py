"""Small programs on top of the real engine: by them the protocols' own suites and real clients judge it from outside."""
