"""Exit with 0 if the web process of this container is ready, with 1 and a sentence if it is not."""

import os
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen

# The process answers only to the hosts that it was told.
FIRST_HOST = os.environ.get("FLOWBOARD_ALLOWED_HOSTS", "localhost").split(",")[0].strip()
HOST = FIRST_HOST.lstrip(".").replace("*", "localhost")
URL = f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}/readyz"


def main() -> None:
    """Ask /readyz once."""
    try:
        with urlopen(Request(URL, headers={"Host": HOST}), timeout=4):
            return
    except URLError as error:
        sys.exit(f"not ready: {error}")
    except TimeoutError:
        sys.exit("not ready: no answer in time")


if __name__ == "__main__":
    main()
