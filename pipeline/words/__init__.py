"""text -> tokens, stop words, TF-IDF, and texts that are safe to show."""
