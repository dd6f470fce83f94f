class EmbeddedError(Exception):
    """An embedded service cannot be found, started or reached; the message is one sentence that says what to do."""
