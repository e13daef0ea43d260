"""Thin edges: HTTP routes, the webhooks, socket handlers, authentication. No SQL and no rules of the business."""
