"""The pages that investigators look at: one self-contained file for a run, and one for the owner that names staff."""
