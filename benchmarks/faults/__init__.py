"""Faults on purpose, and what of people's work they cost: `python -m benchmarks.faults`."""
