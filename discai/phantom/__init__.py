"""A synthetic lumbar-spine MRI, drawn from geometry alone: for the demo and for tests.

`anatomy` says where structures lie in mm, `tissue` how bright they are, `painting` draws slices,
`imaging` adds what a scanner adds, and `files` writes them in the formats that people upload.

May import `pictures`, `scan` and the rooms below them.
"""

from discai.phantom.files import SUFFIXES, write_phantom
from discai.phantom.phantom import Phantom, PhantomOptions, draw_phantom
from discai.phantom.tissue import Contrast

__all__ = ["SUFFIXES", "Contrast", "Phantom", "PhantomOptions", "draw_phantom", "write_phantom"]
