"""Random samples of the trail that leads check."""
