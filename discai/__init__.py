"""DiscAI reads lumbar-spine MRI: discs, their levels and the probability of herniation."""
