"""From slices to maps of discs, vertebrae, canal and L5-S1; imports only words of `discai`."""
