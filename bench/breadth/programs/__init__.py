"""Whole programs as users write them, with the library as an argument: torchffi or torch."""
