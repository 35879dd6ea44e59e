"""Spark as the second engine: it runs the statements that DuckDB runs, read by sqlglot and written in its dialect."""
