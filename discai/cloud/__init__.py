"""Adapters between the domain and Google Cloud.

May import `records`, `manifest`, the rooms below them, and Google's libraries: no scan is opened
where only its name is known.
"""
