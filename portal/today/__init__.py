"""What one person has to do today, gathered from every room that knows a part of it."""
