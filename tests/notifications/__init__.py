"""What reaches people."""
