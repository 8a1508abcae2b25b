"""Random samples of the trail, reviewed by leads."""
