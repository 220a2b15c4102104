"""Ports for the programs that tests start."""

import os
import random

from leadapp.embedded.server import port_fault

# Each process of the tests has a thousand of its own, apart from those of embedded services: so nobody
# takes a port between the look whether it is free and the moment when a program listens, which may be late.
OWN = 1_000
NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
FIRST = 10_000 + NUMBER * OWN
_ports = iter(random.SystemRandom().sample(range(FIRST, FIRST + OWN), OWN))


def free_port() -> int:
    """Return a port that was not given before and on which a server can listen."""
    return next(port for port in _ports if not port_fault(port))
