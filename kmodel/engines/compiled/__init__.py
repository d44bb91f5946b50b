"""The exhaustive engine at compiled speed: tables of what is known, and loops over them."""
