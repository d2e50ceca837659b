"""The techniques of the course, one module each."""
