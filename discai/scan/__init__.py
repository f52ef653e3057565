"""Scans and their readers: bytes of any supported format in, one canonical `Scan` out.

May import `records` and the rooms below it.
"""

from discai.scan.reader import read_scan
from discai.scan.scan import CANONICAL_ORIENTATION, Scan, StoredGrid

__all__ = ["CANONICAL_ORIENTATION", "Scan", "StoredGrid", "read_scan"]
