"""The desk's speed in a real Chromium: `python -m bench.pages`."""
