"""The directory of counties, towns, villages and clinics, and the reading of their names."""
