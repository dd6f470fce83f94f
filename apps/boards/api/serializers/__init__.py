"""Boards in JSON, and what may be written of them. Lengths and rights are the services' to judge."""
