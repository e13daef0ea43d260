"""Small programs on the real engine, by which the protocols' own suites and real clients judge it from outside."""
