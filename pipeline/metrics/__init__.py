"""Figures that say how good a model is, with their intervals.

May import `data`.
"""
