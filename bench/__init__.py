"""One script per claim; each says what it measures and prints figures with their spread. Nothing here is a test."""
