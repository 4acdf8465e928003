"""Makes the Debian package of the programs that were built, for the tests."""

import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("descent", "descent-coordinator", "descent-launch", "descent-worker")


def why_impossible():
    """Why this machine cannot make a package of this build, or None."""
    missing = [name for name in ("cpack", "dpkg-deb", "dpkg-shlibdeps", "readelf", "file")
               if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}; ./dev setup deploy" if missing else None


def build_package(directory):
    """The .deb file, made below the directory."""
    configuration = pathlib.Path(os.environ["DESCENT_BUILD"]) / "CPackConfig.cmake"
    done = subprocess.run(["cpack", "--config", configuration, "-B", directory],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"cpack: {done.stdout}{done.stderr}")
    return next(pathlib.Path(directory).glob("descent_*.deb"))
