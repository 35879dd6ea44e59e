"""Labels, splits, fitting and the weekly job: the only layer that sees what became known later."""
