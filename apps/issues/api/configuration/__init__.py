"""A project's configuration for scripts: what of it changes issues is here, and so the rest is as well."""
