"""A Slurm of its own for a test: munged, slurmctld and two slurmd on this machine, as root, with all
that they write below one directory."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "mpirun", "openssl")
START_SECONDS_MAX = 30

CONFIGURATION = """\
ClusterName=descent
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={directory}/munge/socket,cred_expire=5
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool-%n
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd-%n.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=100000,batch_sched_delay=0
SlurmdParameters=config_overrides
PriorityType=priority/basic
JobRequeue=1
KillWait=30
ReturnToService=2
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=4 State=UNKNOWN
NodeName=node2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=4 State=UNKNOWN
PartitionName=all Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
"""


def why_impossible():
    """Why this machine cannot have a Slurm for a test, or None."""
    if os.geteuid() != 0:
        return "slurmd has to be started by root"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}; ./dev setup deploy" if missing else None


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class SlurmCluster:
    def __init__(self, directory, environment):
        self.directory = pathlib.Path(directory)
        self.environment = dict(environment, SLURM_CONF=str(self.directory / "slurm.conf"))
        self.daemons = []
        for name in ("munge", "state", "spool-node1", "spool-node2"):
            (self.directory / name).mkdir(parents=True)
        (self.directory / "slurm.conf").write_text(CONFIGURATION.format(
            directory=self.directory, host=socket.gethostname(), ports=free_ports(3)))

    def start(self):
        munge = self.directory / "munge"
        munge.chmod(0o700)
        (munge / "key").write_bytes(os.urandom(32))
        (munge / "key").chmod(0o400)
        self._daemon("munged", "--foreground", "--force", f"--key-file={munge}/key",
                     f"--socket={munge}/socket", f"--pid-file={munge}/pid",
                     f"--log-file={munge}/log", f"--seed-file={munge}/seed")
        self._until(lambda: (munge / "socket").exists(), "munged")
        self._daemon("slurmctld", "-D")
        for node in ("node1", "node2"):
            self._daemon("slurmd", "-D", "-N", node)
        self._until(self._is_idle, "slurmctld")

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(30)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def run(self, *command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              env=self.environment, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stderr}{done.stdout}")
        return done.stdout

    def submit(self, *arguments):
        """The number of a new batch job of two nodes."""
        return self.run("sbatch", "--parsable", "--nodes=2", *arguments).strip()

    def job(self, number):
        """What Slurm says of a job: {"JobState": "RUNNING", "Restarts": "0", …}."""
        words = self.run("scontrol", "show", "job", "--oneliner", number).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def text_of_logs(self):
        return "\n".join(f"== {path.name}\n{path.read_text()[-4000:]}"
                         for path in self.directory.glob("*.log"))

    def _is_idle(self):
        done = subprocess.run(["sinfo", "--noheader", "--format=%D %t"], capture_output=True,
                              text=True, env=self.environment)
        return done.stdout.strip() == "2 idle"

    def _daemon(self, program, *arguments):
        with (self.directory / f"{program}-{len(self.daemons)}.out").open("wb") as output:
            self.daemons.append(subprocess.Popen(
                [shutil.which(program), *arguments], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True))

    def _until(self, holds, who):
        deadline = time.monotonic() + START_SECONDS_MAX
        while not holds():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{who} does not start:\n{self.text_of_logs()}")
            time.sleep(0.1)
