"""A file that serves nothing."""
