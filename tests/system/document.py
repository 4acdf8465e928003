"""The commands of the documents: which ones there are, and a shell that runs them as a reader would.

A fenced block of `sh` is run, unless a comment before it says why not. The comments, each on a line of
its own, directly before a block and above one another if there are several:

    <!-- not run: REASON -->            nothing of this block is run
    <!-- first: COMMANDS -->            what a reader has already, such as a coordinator that runs
    <!-- tested with: --set a=b -->     what is added to each `descent run` and `descent submit` of it
    <!-- ends with: 3 -->               the exit code of its last command, which is 0 otherwise
    <!-- output -->                     of a `text` block: what the sh block before it prints, in this
                                        order; words with digits stand for any word, … for anything

JOB is the job that was created last, OTHER the one before it.
"""

import dataclasses
import os
import pathlib
import re
import select
import shlex
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

FENCE = re.compile(r"^( *)```(\S*)$")
COMMENT = re.compile(r"^ *<!-- (not run|first|tested with|ends with|output)(?:: (.*?))? -->$")
CREATED = re.compile(r"^(?:job/)?([a-z][a-z0-9-]*-[a-z0-9]{5})(?: created|  QUEUED|$)", re.MULTILINE)


@dataclasses.dataclass
class Block:
    """One fenced block."""
    line: int  # of the fence
    language: str
    text: str
    comments: dict


def documents():
    """What a reader is sent to: the first page and all below docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(text):
    """The fenced blocks of a document, in order, without the indentation of their fences."""
    blocks, comments, current = [], {}, None
    for number, line in enumerate(text.splitlines(), start=1):
        fence = FENCE.match(line)
        if current is not None:
            if fence and not fence[2]:
                blocks.append(current)
                current = None
            else:
                current.text += line.removeprefix(indentation) + "\n"
        elif fence:
            indentation = fence[1]
            current = Block(number, fence[2], "", comments)
            comments = {}
        elif comment := COMMENT.match(line):
            said = comment[2] or ""
            comments[comment[1]] = "\n".join(filter(None, [comments.get(comment[1]), said]))
        else:
            comments = {}
    return blocks


def is_whole(command):
    """Whether the shell would begin with it and ask for nothing more."""
    parsed = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True, check=False)
    return parsed.returncode == 0 and not parsed.stderr and not command.endswith("\\\n")


def commands_of(text):
    """The commands of a block; those of several lines are one."""
    commands, pending = [], ""
    for line in text.splitlines(keepends=True):
        pending += line
        if pending.strip() and is_whole(pending):
            commands.append(pending)
            pending = ""
    if pending.strip():
        raise ValueError(f"this ends in the middle of a command:\n{pending}")
    return [command for command in commands if not re.fullmatch(r"(\s*#.*\n?|\s*\n)*", command)]


def pattern_of(line):
    """What a line of documented output stands for."""
    words = []
    for word in line.split():
        if "…" in word:
            parts = [re.sub(r"\w*\d\w*", r"\\w+", re.escape(part)) for part in word.split("…")]
            words.append(".*".join(parts))
        elif any(character.isdigit() for character in word):
            words.append(r"\S+")
        else:
            words.append(re.escape(word))
    return r"\s*" + r"\s+".join(words)


def missing_line(documented, printed):
    """The first documented line that is not printed after those before it, or None."""
    lines = iter(printed.splitlines())
    for wanted in filter(str.strip, documented.splitlines()):
        if not any(re.match(pattern_of(wanted), line) for line in lines):
            return wanted
    return None


class Shell:
    """A bash that runs one command after the other, in a network of its own, where the ports that
    the documents name are free."""

    TIMEOUT_SECONDS = 120
    END = "=-= the command has ended with "

    def __init__(self, directory, environment):
        self.script = pathlib.Path(directory) / ".command"
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        self.process = subprocess.Popen(
            ["unshare", *as_root, "--net", "bash", "-c", "ip link set lo up && exec bash"],
            cwd=directory, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.jobs = []

    def run(self, command, added=""):
        """The exit code and the output of a command, in which JOB and OTHER are names."""
        for word, back in (("JOB", 1), ("OTHER", 2)):
            if len(self.jobs) >= back:
                command = re.sub(rf"(?<![\w$]){word}\b(?!=)", self.jobs[-back], command)
        self.script.write_text(command)
        self._send(f"DOCUMENT_ADDED={shlex.quote(added)}; export DOCUMENT_ADDED\n"
                   f". {shlex.quote(str(self.script))} < /dev/null\n"
                   f"printf '\\n{self.END}%d.\\n' $?\n")
        output = self._read_to_end(command)
        code = int(re.search(re.escape(self.END) + r"(\d+)\.\n", output)[1])
        output = output.partition("\n" + self.END)[0]
        for name in CREATED.findall(output):
            if name not in self.jobs:
                self.jobs.append(name)
        return code, output

    def end(self):
        """Ends what was left in the background, then the shell."""
        if self.process.stdin.closed:
            return
        if self.process.poll() is None:
            self._send("kill $(jobs -p) 2> /dev/null; wait; exit\n")
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def _send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def _read_to_end(self, command):
        read, deadline = b"", time.monotonic() + self.TIMEOUT_SECONDS
        while not re.search(re.escape(self.END).encode() + rb"\d+\.\n", read):
            left = deadline - time.monotonic()
            if left < 0:
                raise TimeoutError(f"not over within {self.TIMEOUT_SECONDS} s: {command}\n"
                                   f"{read.decode(errors='replace')}")
            if not select.select([self.process.stdout], [], [], left)[0]:
                continue
            part = self.process.stdout.read()
            if part == b"":
                raise RuntimeError(f"the shell has ended in: {command}\n"
                                   f"{read.decode(errors='replace')}")
            read += part or b""
        return read.decode(errors="replace")
