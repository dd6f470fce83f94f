"""Issues and what belongs to them in JSON, and what may be written of them."""
