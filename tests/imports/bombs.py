"""Reads hostile files in a process of its own, and says what each took: run by the test of bad files.

    python -m tests.imports.bombs FOLDER

prints one JSON object a file: its name, seconds of processor time, megabytes more than before, and what was said of it.
"""

import json
import resource
import sys
import time
from pathlib import Path

import django


def main(folder: Path) -> None:
    """Read every file of a folder, by name, as an import would."""
    django.setup()
    from apps.imports.choices import Choices
    from apps.imports.files import Upload
    from apps.imports.formats import UnknownFormat, recognise
    from apps.imports.records import Unreadable

    for path in sorted(folder.iterdir()):
        upload = Upload.at(path)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(path.name, file=sys.stderr, flush=True)
        began = time.process_time()
        said = ""
        try:
            for row in recognise(upload).read(upload, Choices()):
                said = row.content.reason if isinstance(row.content, Unreadable) else said
        except UnknownFormat as error:
            said = str(error)
        took = time.process_time() - began
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(json.dumps({"name": path.name, "seconds": took, "megabytes": grown, "said": said}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
