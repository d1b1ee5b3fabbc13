"""Labels of the same topics by this project and its peers, judged blind: `python -m benchmarks.labels`."""
