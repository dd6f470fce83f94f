"""Attached files in a bucket that speaks S3. Only installations that name one import this (requirements-s3.txt)."""

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from apps.core.files import PIECE, Probing


class S3Files(Probing, S3Storage):
    """Files in a bucket. Browsers never see its address: every byte passes through the check of who asks."""

    @property
    def place(self) -> str:
        """Where that is, for operators."""
        return f"the bucket {self.bucket_name}"

    def probe(self) -> str:
        """Write, read and delete a small file, and say where that was.

        :raises OSError: if something stands in the way
        """
        try:
            return super().probe()
        except (BotoCoreError, ClientError) as error:
            raise OSError(str(error)) from error

    def pieces(self, name: str, *, start: int, length: int) -> Iterator[bytes]:
        """Some of a file, piece by piece, without keeping any of it."""
        if not length:
            return iter(())
        about = {"Range": f"bytes={start}-{start + length - 1}"}
        try:
            body = self.bucket.Object(self._normalize_name(name)).get(**about)["Body"]
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                raise FileNotFoundError(name) from error
            raise
        found: Iterator[bytes] = body.iter_chunks(PIECE)
        return found
