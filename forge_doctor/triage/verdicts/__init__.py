"""From the graph to diagnoses: suspicions, the best of them first, with their symptoms taken out."""
