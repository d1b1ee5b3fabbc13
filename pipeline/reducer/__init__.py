"""Embedding, Neighbours -> points: UMAP twice on one graph, and how well the map preserves neighbourhoods."""
