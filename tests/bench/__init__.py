"""Benchmarks that anybody can run: `make bench`, or one of them by `python -m tests.bench WHAT`.

What is measured are whole processes, from outside, but where it says otherwise.
"""
