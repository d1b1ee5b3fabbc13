"""File of one format -> records with its own field names, or rejects with a reason; a module each."""
