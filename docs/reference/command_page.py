"""Commands and programs, from their --help."""

import os
import re
import subprocess

HEAD = """# Commands: all options

Generated from the programs' `--help` by `./dev docs`. What commands share, output, exit codes and the
coordinator's address, is in [command_line.md](../command_line.md).
"""

OTHER_PROGRAMS = ("descent-coordinator", "descent-launch", "descent-worker")
OF_ANOTHER_PROGRAM = ("launch",)


def help_of(programs, *command):
    """As a user sees it whose home is ~ and who has set nothing."""
    environment = {"PATH": f"{programs.resolve()}:{os.environ['PATH']}", "HOME": "~"}
    done = subprocess.run([*command, "--help"], check=True, capture_output=True, text=True,
                          env=environment)
    return done.stdout.replace(f"{programs.resolve()}/", "").strip("\n")


def commands_below(programs, *path):
    """Each with its help, in the order in which the program lists them."""
    said = help_of(programs, "descent", *path)
    listed = said.partition("Subcommands:")[2].partition("\n\n")[0]
    for name in re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE):
        if (*path, name) == OF_ANOTHER_PROGRAM:
            yield (*path, name), None
            continue
        yield (*path, name), help_of(programs, "descent", *path, name)
        yield from commands_below(programs, *path, name)


def section(name, said):
    body = "[As the program](#descent-launch) `descent-launch`." if said is None else \
        f"```text\n{said}\n```"
    return f"## {name}\n\n{body}"


def text(programs):
    sections = [HEAD.rstrip(), section("descent", help_of(programs, "descent"))]
    sections += [section("descent " + " ".join(path), said)
                 for path, said in commands_below(programs)]
    sections += [section(program, help_of(programs, program)) for program in OTHER_PROGRAMS]
    return "\n\n".join(sections) + "\n"
