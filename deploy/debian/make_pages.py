#!/usr/bin/env python3
"""`make_pages.py BIN OUTPUT`: the manual pages and completions of the programs in BIN, made of what
these say of themselves with --help and `descent completion`."""

import gzip
import os
import pathlib
import re
import subprocess
import sys

# What stands under NAME, for `man -k`; a summary of one line.
PROGRAMS = {
    "descent": "train neural networks over several workers",
    "descent-coordinator": "own the jobs of a cluster and grant their steps",
    "descent-launch": "start a pool of workers and keep it up",
    "descent-worker": "one MPI rank that trains",
}
HEADING = re.compile(r"^(Positionals|Options|Subcommands|Examples):$")
# Where help shows a default below the home directory, the page shows whose it is.
ENVIRONMENT = dict(os.environ, HOME="~", NO_COLOR="1", COLUMNS="100")
for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
    ENVIRONMENT.pop(name, None)


def output_of(program, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True,
                          env=ENVIRONMENT, stdin=subprocess.DEVNULL).stdout


def escaped(text):
    """Text that roff prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def subcommands(help_text):
    """The names under "Subcommands:"."""
    _, _, rest = help_text.partition("\nSubcommands:\n")
    names = []
    for line in rest.splitlines():
        match = re.match(r"  (\S+)", line)
        if match is None:
            break
        names.append(match.group(1))
    return names


def body_of(help_text):
    """The help of one command as roff, without its headings being sections."""
    lines = ["\\fB" + escaped(line[:-1]) + "\\fR" if HEADING.match(line) else escaped(line)
             for line in help_text.strip().splitlines()]
    return ".nf\n" + "\n".join(lines) + "\n.fi\n"


def commands_of(program, path=()):
    """Each command of a program with its help, those below it after it."""
    # Some name a program as it was called.
    text = output_of(program, *path, "--help").replace(f"{program.parent}/", "")
    yield path, text
    for name in subcommands(text):
        yield from commands_of(program, (*path, name))


def page_of(program):
    parts = [f'.TH {program.name.upper()} 1 "" "{version_of(program)}" "User Commands"\n',
             f".SH NAME\n{escaped(program.name)} \\- {PROGRAMS[program.name]}\n"]
    for path, text in commands_of(program):
        heading = f'.SS "{escaped(" ".join((program.name, *path)))}"\n' if path \
            else ".SH DESCRIPTION\n"
        if len(path) == 1 and ".SH COMMANDS\n" not in parts:
            parts.append(".SH COMMANDS\n")
        parts.append(heading + body_of(text))
    others = sorted(set(PROGRAMS) - {program.name})
    parts.append(".SH SEE ALSO\n" + "".join(f".BR {escaped(name)} (1)\n" for name in others))
    return "".join(parts)


def version_of(program):
    return output_of(program.with_name("descent"), "version").strip()


def write_pages(programs, output):
    pages = output / "man1"
    pages.mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS:
        # Without a time, so that the same programs give the same bytes.
        data = gzip.compress(page_of(programs / name).encode(), mtime=0)
        (pages / f"{name}.1.gz").write_bytes(data)


def write_completions(programs, output):
    output.mkdir(parents=True, exist_ok=True)
    script = {shell: output_of(programs / "descent", "completion", shell)
              for shell in ("bash", "zsh", "fish")}
    (output / "descent").write_text(script["bash"])
    (output / "descent.fish").write_text(script["fish"])
    # zsh calls a file of this name the first time that something is to be completed: the script then
    # takes its place, and answers this once as well.
    without_init = script["zsh"].replace("autoload -U +X compinit && compinit\n", "")
    (output / "_descent").write_text(
        "#compdef descent\n" + without_init + "_bash_complete -o default -F _descent\n")


def main(programs, output):
    write_pages(pathlib.Path(programs).resolve(), pathlib.Path(output) / "man")
    write_completions(pathlib.Path(programs).resolve(), pathlib.Path(output) / "completions")


if __name__ == "__main__":
    main(*sys.argv[1:])
