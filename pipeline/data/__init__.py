"""Data folders: patients, scans, reference answers and the splits between them.

May import no other room of `pipeline`.
"""
