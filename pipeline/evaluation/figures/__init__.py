"""Figures of a model, one module for each question that is asked of its readings.

May import `sets`, `cases` and `readings`.
"""
