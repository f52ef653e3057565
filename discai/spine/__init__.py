"""From maps to discs with names, and what is no lumbar spine.

May import `scan`, `records`, `segmentation` and the rooms below them.
"""
