"""What functions answered, as tables that every engine walks: numbers for values, tries over what was read."""
