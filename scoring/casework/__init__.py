"""What people do with a case: give a verdict, name a person, keep its evidence, look into it, hand it on."""
