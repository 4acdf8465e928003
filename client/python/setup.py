"""Generates the stubs beside the sources before it packs both."""

import pathlib

import setuptools
from setuptools.command import build_py

import generate_stubs


class BuildWithStubs(build_py.build_py):

    def run(self):
        generate_stubs.generate(pathlib.Path(__file__).resolve().parent, generate_stubs.of_grpc_tools)
        super().run()


setuptools.setup(cmdclass={"build_py": BuildWithStubs})
