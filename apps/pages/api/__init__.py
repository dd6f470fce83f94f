"""What scripts see of this application (REST, under /api/v1/)."""
