"""Networks learn here: crops and slices in, weights and their calibration out.

May import `metrics` and `data`.
"""
