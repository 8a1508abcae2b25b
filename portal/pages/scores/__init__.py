"""Pages of the monthly score: one's own sheet, the team's, the rules, and samples of replies."""
