"""附图: screenshots, inspected before they are stored."""
