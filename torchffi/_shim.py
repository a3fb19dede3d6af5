"""In a checkout, the package ``shim`` as ``torchffi._shim``.

A wheel has a package of this name, which Python takes instead of this file.
"""

import os

__path__ = [os.path.join(os.path.dirname(os.path.dirname(__file__)), "shim")]
