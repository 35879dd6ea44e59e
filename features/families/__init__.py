"""One module for each service on sale: its facts in SQL, its measures and its signals."""
