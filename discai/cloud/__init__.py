"""Adapters between the domain and Google Cloud.

May import `scan`, `records`, the rooms below them, and Google's libraries.
"""
