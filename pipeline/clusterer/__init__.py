"""Embedding, Neighbours -> core topics, and the vote that gives every paper its nearest topic."""
