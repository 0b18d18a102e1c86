"""Benchmarks: commands of their own, run by `make bench-…`, never timed tests."""
