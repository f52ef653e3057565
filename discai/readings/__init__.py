"""Readings of whatever a person names: a file, a folder, an archive; and the same in Python.

`opening` finds the scans that a path holds, `said` joins what a study's series say, and `study`
with `series`, `mask` and `picture` are what `discai.read` gives.

May import `predictor` and the rooms below it.
"""
