"""Hosts on one machine, for the system tests: on one network, and sharing one directory. Two are joined
by a cable, more by a bridge of the first one.

A host is a set of Linux namespaces: its own host name, network, processes, System V objects,
/dev/shm and /tmp. What a process of one host does to the other, it can only do over the network or
through the shared directory.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

from certificates import Authority
from harness import BIN, SystemTest

HERE = pathlib.Path(__file__).resolve().parent
NAMESPACES = ("--net", "--uts", "--mount", "--ipc", "--pid")
START_SECONDS_MAX = 20
TCP_TIME_WAIT = "06"
NO_CARD = "02:00:00:00:00:99"  # the hardware address of nobody


def child_of(pid):
    """The one child of a process of the machine, or None."""
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            return int(entry.parent.name)
    return None


def why_impossible():
    """Why this machine cannot have test hosts, or None."""
    try:
        done = subprocess.run(["unshare", *NAMESPACES, "--fork", "--mount-proc", "sh", "-c",
                               "ip link add eth0 type veth peer name eth1"],
                              capture_output=True, text=True)
    except FileNotFoundError as error:
        return str(error)
    return None if done.returncode == 0 else done.stderr.strip()


class ProcessOnHost(subprocess.Popen):
    """A program on a host, under the nsenter that waits for it and ends as it does. Signals go to
    the program."""

    def send_signal(self, sig):
        program = child_of(self.pid) if self.poll() is None else None
        if program is not None:
            os.kill(program, sig)


class Host:
    def __init__(self, name, address, directory):
        self.name = name
        self.address = address
        self.socket = directory / f"{name}.socket"
        environment = dict(os.environ, DESCENT_TEST_DIRECTORY=str(directory))
        # --kill-child: the host goes with the process that holds it, however that ends.
        self.holder = subprocess.Popen(
            ["unshare", *NAMESPACES, "--fork", "--kill-child", "--mount-proc", sys.executable,
             HERE / "host_init.py", name, self.socket, directory, BIN, HERE.parents[1]],
            stdin=subprocess.PIPE, env=environment)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.socket.exists():
            if self.holder.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise RuntimeError(f"{name} does not start")
            time.sleep(0.01)
        self.init = child_of(self.holder.pid)

    def inside(self, *command, namespaces=NAMESPACES):
        """The command line that runs `command` on the host."""
        return ["nsenter", f"--target={self.init}", *namespaces, "--", *map(str, command)]

    def popen(self, command, env, **options):
        own_tmp = {name: value for name, value in env.items() if name != "TMPDIR"}
        return ProcessOnHost(self.inside(*command), env=own_tmp, **options)

    def ip(self, *arguments):
        subprocess.run(self.inside("ip", *arguments, namespaces=["--net"]), check=True)

    def processes(self):
        """What runs on the host besides its first process, as {pid on the machine: command}."""
        own = os.readlink(f"/proc/{self.init}/ns/pid")
        found = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(entry / "ns/pid") == own and int(entry.name) != self.init:
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(
                        b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def remains(self):
        """Every process, file, System V object and socket on the host that it did not begin with."""
        root = pathlib.Path(f"/proc/{self.init}/root")
        found = list(self.processes().values())
        for place in ("tmp", "dev/shm"):
            found += [f"/{place}/{name}" for name in os.listdir(root / place)
                      if f"/{place}/{name}" not in map(str, self._shared_tops())]
        for kind in ("shm", "sem", "msg"):
            lines = subprocess.run(self.inside("cat", f"/proc/sysvipc/{kind}"), check=True,
                                   capture_output=True, text=True).stdout.splitlines()
            found += [f"System V {kind}: {line}" for line in lines[1:]]
        for kind in ("tcp", "tcp6", "udp", "udp6"):
            lines = pathlib.Path(f"/proc/{self.init}/net/{kind}").read_text().splitlines()[1:]
            found += [f"{kind} socket: {line}" for line in lines
                      if line.split()[3] != TCP_TIME_WAIT]
        return found

    def forget_peers_quickly(self):
        """Connections whose process has ended do not try for minutes to reach a host that is lost."""
        subprocess.run(self.inside("sh", "-c", "echo 1 > /proc/sys/net/ipv4/tcp_orphan_retries"),
                       check=True)

    def lose_way_to(self, address, device):
        """What the host sends there is lost, and nobody is told: it goes to a card that is not there.
        """
        self.ip("neighbour", "replace", address, "dev", device, "lladdr", NO_CARD, "nud", "permanent")

    def find_way_to(self, address, device):
        self.ip("neighbour", "del", address, "dev", device)

    def lose_login(self):
        """Nothing can be started there from other hosts."""
        self.socket.rename(self.socket.with_suffix(".lost"))

    def find_login(self):
        self.socket.with_suffix(".lost").rename(self.socket)

    def lose_power(self):
        """Nothing runs on it any more, and nobody is told; until it comes back nothing can be started
        there. What it had in its memory is gone."""
        self.ip("link", "set", "eth0", "down")
        self.lose_login()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        root = pathlib.Path(f"/proc/{self.init}/root")
        for place in ("tmp", "dev/shm"):
            for name in os.listdir(root / place):
                if f"/{place}/{name}" not in map(str, self._shared_tops()):
                    subprocess.run(["rm", "-rf", root / place / name], check=True)
        subprocess.run(self.inside("ipcrm", "--all"), check=True)

    def come_back(self):
        self.find_login()
        self.ip("link", "set", "eth0", "up")

    def _shared_tops(self):
        """The directories in /tmp through which shared ones show."""
        return [pathlib.Path(*path.parts[:3]) for path in (self.socket, BIN, HERE)
                if path.parts[1] == "tmp"]

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()


class HostsTest(SystemTest):
    """A system test with `hosts`, of which `a` is the first, on which nothing remains at the end."""

    COUNT = 2

    def setUp(self):
        reason = why_impossible()
        if reason is not None:
            self.skipTest(f"this machine cannot have test hosts: {reason}")
        super().setUp()
        # From the block for documentation, which no network uses.
        addresses = {f"host-{letter}": f"192.0.2.{number}"
                     for number, letter in enumerate("abcdefgh"[:self.COUNT], start=1)}
        (self.directory / "hosts").write_text("127.0.0.1 localhost\n" + "".join(
            f"{address} {name}\n" for name, address in addresses.items()))
        self.hosts = []
        for name, address in addresses.items():
            self.start_host(name, address)
        self.a = self.hosts[0]
        self.join_hosts()
        for host in self.hosts:
            host.ip("address", "add", f"{host.address}/24", "dev", "eth0")
            host.ip("link", "set", "eth0", "up")
            host.ip("link", "set", "lo", "up")

    def join_hosts(self):
        others = self.hosts[1:]
        if len(others) == 1:
            self.join_to_a("eth0", others[0])
            return
        self.a.ip("link", "add", "eth0", "type", "bridge")
        for host in others:
            self.join_to_a(host.name, host)
            self.a.ip("link", "set", host.name, "master", "eth0", "up")

    def join_to_a(self, end, host):
        self.a.ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", str(host.init))

    def start_host(self, name, address):
        host = Host(name, address, self.directory)
        self.addCleanup(host.close)
        self.hosts.append(host)
        return host

    def start_coordinator_on_a(self):
        self.start_coordinator_on(self.a)

    def start_coordinator_on(self, host, *options):
        """With TLS and tokens, as every address asks for that another host reaches."""
        authority = Authority(self.directory / "authority")
        certificate, key = authority.issue("coordinator", [f"IP:{host.address}"])
        self.start_coordinator(host.address, ports=(9090, 9091, 8080), host=host,
                               options=["--tls-cert", certificate, "--tls-key", key, *options])
        self.environment["DESCENT_TLS_CA"] = str(authority.certificate)
        self.environment["DESCENT_TOKEN_FILE"] = str(self.directory / "state/admin-token")
        self.worker_token = self.directory / "worker.token"
        self.descent("token", "create", "--name", "pool", "--role", "worker",
                     "--out", self.worker_token, host=host)

    def start_pool(self, *ranks, options=()):
        """descent-launch on host a, with so many ranks on each of the first hosts."""
        hosts = self.directory / "pool-hosts"
        hosts.write_text("".join(f"{host.name} slots={count}\n"
                                 for host, count in zip(self.hosts, ranks)))
        return self.start(
            BIN / "descent-launch", "-n", sum(ranks), "--hosts", hosts,
            "--coordinator", self.addresses["worker"],
            "--tls-ca", self.environment["DESCENT_TLS_CA"], "--token-file", self.worker_token,
            *options, "--",
            "--mca", "plm_rsh_agent", HERE / "rsh_agent.py",
            # Each rank would be bound to its host's first core, which is the same one here.
            "--bind-to", "none",
            "--mca", "btl", "tcp,self",
            "--mca", "btl_tcp_if_include", "eth0", "--mca", "oob_tcp_if_include", "eth0",
            host=self.a)

    def processes_on(self, host, program):
        """The process numbers, on the machine, of those of a host that run the program."""
        return [pid for pid, command in host.processes().items()
                if pathlib.Path(command.split(" ")[0]).name == program]

    def ranks_on(self, host):
        return self.processes_on(host, "descent-worker")

    def tearDown(self):
        for process in reversed(self.started):
            self.stop(process)
        remains = {host.name: self.wait_until(host.remains, is_wanted=False)
                   for host in self.hosts}
        self.doCleanups()
        super().tearDown()
        self.assertEqual(remains, {host.name: [] for host in self.hosts})


class TwoHostsTest(HostsTest):
    """With hosts `a` and `b`."""

    def setUp(self):
        super().setUp()
        self.b = self.hosts[1]
