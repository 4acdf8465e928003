"""What a test leaves behind in memory that outlives processes.

Where the system lets us (as root), this test process and all that it starts get a /dev/shm and
System V objects of their own, so that whatever is found there at the end is the test's own leak and
nobody else's. Elsewhere, shared memory is not looked at: other programs use it too.
"""

import ctypes
import os
import pathlib
import subprocess

SHARED_MEMORY = pathlib.Path("/dev/shm")
CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000


def _get_own_shared_memory():
    if ctypes.CDLL(None).unshare(CLONE_NEWNS | CLONE_NEWIPC) != 0:
        return False
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", SHARED_MEMORY], check=True)
    return True


_is_own = os.getuid() == 0 and _get_own_shared_memory()


def system_v_objects():
    """One line for each shared-memory segment, semaphore set and message queue."""
    found = []
    for kind in ("shm", "sem", "msg"):
        table = pathlib.Path("/proc/sysvipc", kind)
        if table.exists():
            found += [f"System V {kind}: {line}" for line in table.read_text().splitlines()[1:]]
    return found


def shared_memory():
    """All that is in our own shared memory."""
    return list(map(str, SHARED_MEMORY.iterdir())) + system_v_objects() if _is_own else []


def remove_shared_memory():
    """Lets the next test begin with nothing."""
    if _is_own:
        for path in SHARED_MEMORY.iterdir():
            path.unlink()
