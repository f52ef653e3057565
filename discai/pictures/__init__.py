"""Pictures and files that show a reading.

May import `scan`, `records` and the rooms below them.
"""
