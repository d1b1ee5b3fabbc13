"""File of one format -> records as they stand in it, or rejects with a reason; a module each."""
