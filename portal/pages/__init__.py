"""Pages in the browser: routes, forms and what a template needs. They own no tables and open no seal."""
