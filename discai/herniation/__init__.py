"""From a named disc to the probability that it is herniated; imports `spine` and what it does."""
