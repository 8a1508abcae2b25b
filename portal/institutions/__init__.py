"""The directory of counties, towns, villages and clinics, and the parsing of institution names."""
