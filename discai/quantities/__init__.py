"""From the outlines of a spine to what a radiologist would measure of it: `docs/quantities.md`.

`discai.reading` has the records; `discai.quantities.measure` fills them.
"""
