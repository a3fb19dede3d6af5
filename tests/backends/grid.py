"""The values that the tests of operators use."""

import numpy as np

GRID = np.array([[3.0, 1.0, 2.0], [1.0, 5.0, 4.0]], np.float32)
