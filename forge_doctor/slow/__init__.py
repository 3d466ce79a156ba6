"""Which statements cost, why, from which line, and the mend with its proof."""
