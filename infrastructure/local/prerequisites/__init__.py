"""Things that a machine must have before DiscAI can be installed: looked for, and fetched.

All of it runs before the first package is installed, on any `python3` from 3.9 on. So it imports
Python's standard library, `infrastructure.local.errors`, `usual_ports`, and of `supervision` the
ports, and its annotations are never evaluated.
"""
