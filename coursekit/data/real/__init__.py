"""Real images: what the libraries of the course carry on disk, and verified downloads."""
