"""Generates the stubs beside the sources, which setuptools then finds."""

import pathlib
import sys

import setuptools

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # which an isolated build leaves out
import generate_stubs  # noqa: E402

generate_stubs.generate(HERE, generate_stubs.of_grpc_tools)
setuptools.setup()
