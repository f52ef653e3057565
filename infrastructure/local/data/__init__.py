"""Firestore's documents kept on disk, as its emulator doesn't: exports, and a journal between.

Imports the plan of a cloud and what lies below it.
"""
