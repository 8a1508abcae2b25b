"""附图: pictures of screens, looked at before they are kept."""
