"""From slices to maps of discs, vertebrae, canal and L5-S1.

May import `anatomy` and `errors`.
"""
