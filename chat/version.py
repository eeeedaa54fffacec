"""Which version of Chatkeep this is: the one place that says it. `CONTRIBUTING.md` says how it is raised."""

from __future__ import annotations

VERSION = "0.1.0.dev0"
"""As PEP 440 writes it; `.dev0` behind it until the version that it names is released."""
