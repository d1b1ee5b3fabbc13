"""text -> tokens, stop words, counted words, TF-IDF, and texts that are safe to show."""
