"""A Debian 12 with nothing but its base, for a test to install into and to run programs in."""

import os
import pathlib
import shutil
import subprocess

# Beside what is in it: /proc and /dev of its own view of the machine, and no process left at the end.
ENTER = 'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def why_impossible():
    """Why no root can be had here, or None."""
    if not os.environ.get("DESCENT_LONG"):
        return "it takes minutes; DESCENT_LONG=1 asks for it"
    if os.geteuid() != 0:
        return "only root can make and enter one"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed; ./dev setup deploy"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip()


def mirror():
    """Where this machine's own Debian comes from."""
    sites = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE)",
                            "Created-By: Packages", "Origin: Debian", "Codename: bookworm"],
                           capture_output=True, text=True).stdout.split()
    return sites[0] if sites else "http://deb.debian.org/debian"


class BareRoot:
    """A copy of a base that is made once for a build; RuntimeError says why it cannot be made."""

    def __init__(self, directory):
        self.path = pathlib.Path(directory)
        base = pathlib.Path(os.environ["DESCENT_BUILD"]) / "bare-root"
        if not (base / "etc/debian_version").exists() or (base / "debootstrap").exists():
            shutil.rmtree(base, ignore_errors=True)
            done = subprocess.run(["debootstrap", "--variant=minbase", "bookworm", base, mirror()],
                                  capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"debootstrap: {done.stdout[-2000:]}{done.stderr}")
        subprocess.run(["cp", "--archive", "--reflink=auto", base, self.path], check=True)
        shutil.copy("/etc/resolv.conf", self.path / "etc/resolv.conf")

    def run(self, *command, user=None, timeout=1200):
        """Its output; fails as the command does."""
        inside = ["runuser", "--user", user, "--", *command] if user else command
        done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c",
                               ENTER, self.path, *map(str, inside)], env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f"{command} ended with {done.returncode}:\n"
                               f"{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout
