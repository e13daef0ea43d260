"""The three wire protocols, pure: bytes in, values out; no I/O, no clock, nothing of the business."""
