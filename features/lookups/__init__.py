"""Which rows of history the facts of newly known rows need, a module for each way of finding them."""
