"""Datasets, training, evaluation and promotion of the models, as plain functions."""
