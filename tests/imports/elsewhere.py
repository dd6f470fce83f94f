"""A place for files that is not on this machine, as far as anybody can tell."""

from collections.abc import Iterator

from django.core.files.storage import FileSystemStorage

from apps.core.files import LocalFiles


class FarAway(FileSystemStorage):
    """Gives files out piece by piece only."""

    def pieces(self, name: str, *, start: int, length: int) -> Iterator[bytes]:
        """Some of a file."""
        return LocalFiles(location=self.location).pieces(name, start=start, length=length)
