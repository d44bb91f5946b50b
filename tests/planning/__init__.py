"""What is explored of a folder, in which order, and what comes of it."""
