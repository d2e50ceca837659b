"""What is done to labels on purpose: corruption, crowds, bags, clients."""
