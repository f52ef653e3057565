"""One run of retraining, from the snapshot of labels to the promotion or the reason against it.

May import `evaluation`, `training`, `metrics` and `data`.
"""
