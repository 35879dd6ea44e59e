"""Generates hostile data sets, hands them to intake, and looks at how it ends."""
