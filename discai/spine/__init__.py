"""From maps to named discs: pieces, chain, levels, pose and the gate; imports `segmentation`."""
