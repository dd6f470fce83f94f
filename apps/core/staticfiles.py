"""Hashed asset names in production, ES module imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names carry their content's hash, also inside `import` statements of modules."""

    support_js_module_import_aggregation = True
