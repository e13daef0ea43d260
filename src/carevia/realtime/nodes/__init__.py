"""Several processes as one server, without sticky sessions: a session id names the node (the process) that holds the
session, and a connection that reaches another one is brought to it. See links.py."""

from carevia.realtime.nodes.came import Came
from carevia.realtime.nodes.links import Links, Nodes

__all__ = ["Came", "Links", "Nodes"]
