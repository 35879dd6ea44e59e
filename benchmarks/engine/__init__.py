"""What the feature engine costs beside what a user would write instead; `python -m benchmarks.engine` measures it."""
