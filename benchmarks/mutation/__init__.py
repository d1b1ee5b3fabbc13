"""Mutation testing on `ast`: which small faults, planted in the package one at a time, does the suite notice?

    python -m benchmarks.mutation --modules pipeline/clusterer pipeline/neighbours --count 400 --seed 1 --jobs 2

Read `mutators` (node -> replacements), `mutants` (source -> mutants), `session` (one pytest process in a copy),
`lines` (which tests reach a line), `copies`, `campaign` (mutant -> outcome), `report`, in this order. Needs `coverage`.
"""
