"""What leads audit: masked records, the trail, samples, approvals."""
