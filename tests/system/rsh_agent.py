#!/usr/bin/env python3
"""What mpirun calls in place of ssh to start a process on another test host: HOST COMMAND…

The command runs inside the host's namespaces, as a child of its first process (host_init.py).
"""

import os
import socket
import sys

host, command = sys.argv[1], " ".join(sys.argv[2:])
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
connection.connect(f"{os.environ['DESCENT_TEST_DIRECTORY']}/{host}.socket")
socket.send_fds(connection, [command.encode()], [0, 1, 2])
answer = connection.recv(1)
sys.exit(answer[0] if answer else 255)
