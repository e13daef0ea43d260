"""Carevia: a real-time desk for a care-booking business.

Nothing is imported here, so that `carevia --version` is quick.
"""

__version__ = "0.1.0"
