"""One more manipulator in an otherwise fixed simulated market: what it does, what that brings and what it costs."""
