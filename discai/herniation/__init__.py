"""From a named disc to the probability that it is herniated.

May import `spine`, `scan`, `segmentation` and the rooms below them.
"""
