"""Scans changed as uploads sometimes are, or made to be refused, and what that does to readings.

May import `figures` and what lies below it.
"""
