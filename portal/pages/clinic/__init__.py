"""What clinics see, without an account: filing, phone upload, tracking."""
