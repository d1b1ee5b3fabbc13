"""Benchmarks: this project and a peer in turn, several rounds, ratios with their spread."""
