"""Hashed asset names in production, ES module imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names carry their content's hash, also inside `import` statements of modules."""

    support_js_module_import_aggregation = True
    # A pass names anew what imports something that the pass before named: as many as imports lie behind one another.
    # Modules that import each other never come to an end, and are refused.
    max_post_process_passes = 20
