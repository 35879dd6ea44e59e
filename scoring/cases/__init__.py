"""What an investigator opens: for each listed seller since when, what was done, what it brought, what explains it."""
