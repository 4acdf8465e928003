"""The first process of a test host (two_hosts.py): `host_init.py NAME SOCKET SHARED_DIRECTORY…`.

Hides the machine's /tmp and /dev/shm, reaps orphans, and runs commands as a login daemon would: a
client (rsh_agent.py) hands over a shell command with its own standard streams and gets the exit
code. Ends with its standard input, which the test holds; the system then kills whatever else runs
on the host.
"""

import contextlib
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys

COMMAND_BYTES_MAX = 65536


def mount(*arguments, **options):
    subprocess.run(["mount", *arguments], check=True, **options)


def hide_machine(shared):
    """Gives the host its own temporary directories, in which only `shared` shows through."""
    # Held open, because the mounts hide their names.
    handles = {directory: os.open(directory, os.O_PATH) for directory in shared
               if pathlib.Path("/tmp") in pathlib.Path(directory).parents}
    for place in ("/dev/shm", "/tmp"):
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", place)
    for directory, handle in handles.items():
        os.makedirs(directory, exist_ok=True)  # one may lie in another
        mount("--no-canonicalize", "--bind", f"/proc/self/fd/{handle}", directory,
              pass_fds=[handle])
        os.close(handle)


def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass


def serve(connection):
    command, streams, _, _ = socket.recv_fds(connection, COMMAND_BYTES_MAX, 3)
    code = subprocess.run(["/bin/sh", "-c", command.decode()], stdin=streams[0],
                          stdout=streams[1], stderr=streams[2]).returncode
    with contextlib.suppress(BrokenPipeError):  # the client may have been killed
        connection.send(bytes([code if code >= 0 else 128 - code]))


def main(name, address, *shared):
    socket.sethostname(name)
    hide_machine(shared)
    mount("--bind", str(pathlib.Path(address).with_name("hosts")), "/etc/hosts")
    os.chdir("/")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind(address)
    server.listen()
    signal.signal(signal.SIGCHLD, reap)
    while True:
        ready, _, _ = select.select([server, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = server.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            serve(connection)
            os._exit(0)
        connection.close()


main(*sys.argv[1:])
