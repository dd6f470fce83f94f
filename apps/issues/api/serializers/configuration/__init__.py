"""The parts of a project's configuration in JSON, and what may be written of them.

How long a name may be, and how many there may be of something, is for the services to say.
"""
