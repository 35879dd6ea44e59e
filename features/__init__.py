"""Events in, one row of signals per seller and cutoff out; knows no verdict and no model."""
