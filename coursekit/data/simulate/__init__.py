"""Simulated images with exact truth: one module for each domain."""
