"""Every command of README.md and docs/ is run, as it stands there; document.py has the rules."""

import functools
import os
import pathlib
import re
import shutil
import sys

import document
from harness import BIN, SystemTest

# Stands in for `descent`: adds what keeps a job of the documents short.
SHORTENING = """#!/bin/sh
case $1 in
  run | submit) exec {program} "$@" $DOCUMENT_ADDED ;;
  *) exec {program} "$@" ;;
esac
"""
# What a line of a block that is no `sh` block may not begin with.
COMMAND = re.compile(r"^ *(\$ |descent(-[a-z]+)? [a-z-]+ |mpirun -|ctest |build/release/bin/)")
# A command in the midst of a sentence, whose options are looked up.
INLINE = re.compile(r"(?<!`)`((?:descent|descent-(?:coordinator|launch|worker)) [^`]+)`(?!`)")
OPTIONAL = re.compile(r"\[|…")  # of a synopsis, which nobody could type


class Documents(SystemTest):

    def setUp(self):
        super().setUp()
        self.reader = self.directory / "reader"
        programs = self.reader / "build/release/bin"
        programs.mkdir(parents=True)
        for program in BIN.iterdir():
            if program.name.startswith("descent-"):
                (programs / program.name).symlink_to(program)
        (programs / "descent").write_text(SHORTENING.format(program=BIN / "descent"))
        (programs / "descent").chmod(0o755)
        shutil.copytree(document.ROOT / "examples", self.reader / "examples")
        self.environment.update(
            PATH=f"{programs}:{self.environment['PATH']}", HOME=str(self.directory),
            PYTHONPATH=os.environ["DESCENT_PYTHON_CLIENT"],
            OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
            OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_hwloc_base_binding_policy="none")
        self.environment.pop("DESCENT_SERVER", None)
        self.shell = document.Shell(self.reader, self.environment)

    def tearDown(self):
        self.shell.end()
        super().tearDown()

    def read_through(self, path):
        """Runs the blocks of a document in their order, in one shell."""
        printed, ran = "", 0
        for block in document.blocks_of(path.read_text()):
            where = f"{path.relative_to(document.ROOT)}:{block.line}"
            if block.language == "sh" and "not run" not in block.comments:
                outputs = self.run_block(block, where)
                printed, ran = "\n".join(outputs), ran + len(outputs)
            elif block.language == "text" and "output" in block.comments:
                missing = document.missing_line(block.text, printed)
                self.assertIsNone(missing, f"{where}: this is not what is printed:\n{printed}")
        print(f"{path.relative_to(document.ROOT)}: {ran} commands", file=sys.stderr)

    def run_block(self, block, where):
        """What each of its commands prints, once each has ended as it should."""
        for command in block.comments.get("first", "").splitlines():
            code, output = self.shell.run(command + "\n")
            self.assertEqual(code, 0, f"{where}: {command}\n{output}")
        outputs, commands = [], document.commands_of(block.text)
        for command in commands:
            code, output = self.shell.run(command, block.comments.get("tested with", ""))
            is_last = command is commands[-1]
            wanted = int(block.comments.get("ends with", 0)) if is_last else 0
            self.assertEqual(code, wanted, f"{where}: {command}\n{output}")
            outputs.append(output)
        return outputs

    def test_what_is_not_run_says_why(self):
        exempt = {}
        for path in document.documents():
            for block in document.blocks_of(path.read_text()):
                if block.language == "sh" and "not run" in block.comments:
                    exempt[f"{path.relative_to(document.ROOT)}:{block.line}"] = \
                        block.comments["not run"]

        for where, reason in exempt.items():
            self.assertRegex(reason, r"\w+ \w+", f"{where}: a reason is wanted")
        print(f"not run: {len(exempt)} blocks", *exempt.items(), sep="\n  ", file=sys.stderr)

    def test_commands_stand_in_blocks_that_are_run(self):
        for path in document.documents():
            if path.parent.name == "reference":  # its examples are a matter of ManualTest
                continue
            for block in document.blocks_of(path.read_text()):
                if block.language == "sh":
                    continue
                for line in block.text.splitlines():
                    self.assertFalse(
                        COMMAND.match(line) and not OPTIONAL.search(block.text),
                        f"{path.relative_to(document.ROOT)}:{block.line}: a command belongs into "
                        f"a block of sh, which is run: {line}")


    def test_commands_in_sentences_and_their_options_exist(self):
        for path in document.documents():
            if path.parent.name in ("reference", "decisions"):  # these tell of hidden ones
                continue
            for command in INLINE.findall(path.read_text()):
                unknown = unknown_words(" ".join(command.split()), options_by_command())
                self.assertEqual(unknown, [], f"{path.relative_to(document.ROOT)}: {command}")


@functools.cache
def options_by_command():
    """What docs/reference/command_line.md, which is generated, says of each command."""
    text = (document.ROOT / "docs/reference/command_line.md").read_text()
    return {section.partition("\n")[0]: section for section in text.split("\n## ")[1:]}


def unknown_words(line, known):
    """The options of a command line that its command does not have; the command itself if there is none."""
    words, command = line.split(), ""
    for word in words:
        longer = f"{command} {word}".strip()
        if longer not in known:
            break
        command = longer
    group = known.get(command)
    if group is None or (command == "descent" and words[1][0].islower()):
        return [line]
    if command == "descent launch":
        group = known["descent-launch"]
    said = group + (known["descent"] if command.startswith("descent ") else "")
    mine = line.partition(" -- ")[0]
    return [option for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", mine)
            if not re.search(rf"(?<![\w-]){option}(?![\w-])", said)]


class DocumentRules(SystemTest):
    """That the rules above would notice."""

    def test_a_command_that_fails_is_noticed(self):
        shell = document.Shell(self.directory, self.environment)

        self.assertEqual(shell.run("echo seen\n"), (0, "seen\n"))
        self.assertEqual(shell.run("false\n")[0], 1)
        self.assertEqual(shell.run("descent-nothing\n")[0], 127)
        shell.end()

    def test_variables_and_background_processes_last_to_the_end_of_a_document(self):
        shell = document.Shell(self.directory, self.environment)

        shell.run("name=blobs; sleep 600 &\n")

        self.assertEqual(shell.run('echo "$name"; kill -0 %1\n'), (0, "blobs\n"))
        shell.end()

    def test_commands_of_several_lines_are_one(self):
        self.assertEqual(document.commands_of("# first\na \\\n  b\ncat <<X\n1\nX\n\nc  # d\n"),
                         ["a \\\n  b\n", "cat <<X\n1\nX\n", "\nc  # d\n"])

    def test_output_that_differs_in_more_than_numbers_is_noticed(self):
        documented = "step 200  loss 0.08\n…\ndigest: 9c1e…\n"

        self.assertIsNone(document.missing_line(documented, "a\nstep 7  loss 1.5\nb\ndigest: 9c1e77"))
        self.assertEqual(document.missing_line("lose 0.1", "loss 0.1"), "lose 0.1")
        self.assertEqual(document.missing_line("a\nb", "b\na"), "b")

    def test_a_command_or_option_that_there_is_not_is_noticed(self):
        known = options_by_command()

        self.assertEqual(unknown_words("descent checkpoint export JOB --format onnx", known), [])
        self.assertEqual(unknown_words("descent launch -n 2 --hosts FILE", known), [])
        self.assertEqual(unknown_words("descent explain FILE --worker 2", known), ["--worker"])
        self.assertEqual(unknown_words("descent explode FILE", known), ["descent explode FILE"])

    def test_comments_are_of_the_block_that_follows(self):
        text = "<!-- not run: needs a cluster -->\n```sh\nx\n```\n\n```sh\ny\n```\n"

        first, second = document.blocks_of(text)

        self.assertEqual(first.comments, {"not run": "needs a cluster"})
        self.assertEqual((second.comments, second.text, second.line), ({}, "y\n", 6))


def add_a_test_of(path):
    """So that each document is a test of its own."""
    if not any(block.language == "sh" and "not run" not in block.comments
               for block in document.blocks_of(path.read_text())):
        return
    name = re.sub(r"\W+", "_", str(path.relative_to(document.ROOT).with_suffix(""))).lower()
    setattr(Documents, f"test_the_commands_of_{name}", lambda self: self.read_through(path))


for page in document.documents():
    add_a_test_of(page)
