"""The hunt: crashes, failing operations and signals. A small count runs in the suite, the full one by -m torture."""
