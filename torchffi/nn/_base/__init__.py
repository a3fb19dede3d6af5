"""The base class of modules, and parameters."""
