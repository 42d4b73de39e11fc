# SPDX-License-Identifier: MIT
"""One file a model: `describe()`, and `class Model` with open, run, close, counter and figures."""
