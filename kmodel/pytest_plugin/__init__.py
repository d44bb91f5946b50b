"""The pytest plugin: one test item per spec and scenario."""
