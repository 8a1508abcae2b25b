"""Who is on duty, who is alerted when a clock runs out or something is urgent, and what is put before a lead."""
