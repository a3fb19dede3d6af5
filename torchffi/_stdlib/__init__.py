"""Substitutes for modules of Python's standard library that take long to import: typing and inspect."""
