"""Evaluation of a model on patients that it never saw, each number with its interval.

`python -m pipeline.evaluation --help` says how to measure. `cases` and `sets` are what is
measured, `readings` what the model made of it; `segmentation`, `agreement`, `levels`, `herniation`,
`gate` and `robustness` judge; `record` keeps the numbers, from which report and model card are
written.
"""
