"""Keras models and their configurations; nothing else knows their layers."""
