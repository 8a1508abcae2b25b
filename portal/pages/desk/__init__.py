"""Filing for others 代客提报 and the links that staff hand out."""
