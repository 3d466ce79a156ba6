"""Results of earlier runs, and what makes them wrong; runs no rule."""
