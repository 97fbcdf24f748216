"""Which packages there are: those of babelset/, and the folders at the top that become part of it."""

from setuptools import find_packages, setup

TOP = ["cli", "filters", "prompts", "translators"]  # in a checkout also links below babelset/, for editors

setup(packages=sorted({*find_packages(include=["babelset*"]), *(f"babelset.{name}" for name in TOP)}))
