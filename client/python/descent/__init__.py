"""Submits training jobs to a Descent coordinator, follows them and fetches what they learned."""

from descent.client import TERMINAL_STATES, Client, Curve, state_name
from descent.errors import (Conflict, DescentError, InvalidArgument, LimitReached, NotFound, PermissionDenied,
                            Unavailable, Violation)

__all__ = ["TERMINAL_STATES", "Client", "Conflict", "Curve", "DescentError", "InvalidArgument",
           "LimitReached", "NotFound", "PermissionDenied", "Unavailable", "Violation", "state_name"]
