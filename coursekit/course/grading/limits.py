"""What an answer may use: limits that the worker sets on itself and limits that are watched from outside."""

import math
from dataclasses import dataclass

PREPARATION_SECONDS = 90.0
"""Wall time for the course's own cells before an answer; importing TensorFlow on a busy machine takes 20."""
KEPT_OUTPUT = 8 * 1024
"""Bytes of printed output that are kept for a learner's page; the rest is read and thrown away."""
TMP_BYTES = 64 * 2**20
"""Size of /tmp and of /dev/shm."""
PROCESSES = 64
"""Processes and threads of one sandbox together; TensorFlow on one core starts about ten."""
_REPLY_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Limits:
    """The limits of one sandbox.

    Attributes:
        memory_mb: memory that one process may take; the sum over all of them is watched from outside.
        cpu_seconds: processor time of a single process, a second line behind the wall clock.
    """

    memory_mb: int
    cpu_seconds: float

    def resources(self) -> dict[str, int]:
        """Names of the `resource` module -> value."""
        memory = self.memory_mb * 2**20
        return {
            "RLIMIT_CPU": math.ceil(self.cpu_seconds),
            # What a process may write to; address space alone says little: TensorFlow reserves gigabytes.
            "RLIMIT_DATA": memory,
            "RLIMIT_AS": memory + 8 * 2**30,
            "RLIMIT_NPROC": PROCESSES,
            "RLIMIT_FSIZE": TMP_BYTES,
            "RLIMIT_NOFILE": 256,
            "RLIMIT_CORE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_MSGQUEUE": 0,
        }


def reply_bytes(expected_bytes: int) -> int:
    """How large a reply may be that should be as large as `expected_bytes`."""
    return _REPLY_BYTES + 4 * expected_bytes
