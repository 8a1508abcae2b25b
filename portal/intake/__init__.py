"""The clinic's side: drafts, the form's steps, receipt, tracking, supplements."""
