"""Why a trace ends as it does."""
