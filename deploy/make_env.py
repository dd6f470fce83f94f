"""Print an .env for docker-compose.yml, with fresh secrets.

python3 deploy/make_env.py flowboard.example.org > .env
"""

import re
import secrets
import sys

SECRETS = (
    "FLOWBOARD_OWNER_PASSWORD",
    "FLOWBOARD_APP_PASSWORD",
    "FLOWBOARD_STAFF_PASSWORD",
    "POSTGRES_PASSWORD",
    "VALKEY_PASSWORD",
)
HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")


def main() -> None:
    """Print it.

    Passwords stand in URLs, so they are made of letters and digits.
    """
    if len(sys.argv) != 2 or not HOST.fullmatch(sys.argv[1]):
        sys.exit("usage: python3 deploy/make_env.py HOST > .env    (the name by which people reach FlowBoard)")
    host = sys.argv[1]
    print("# Keep this file secret, and keep a copy: a backup of the database does not hold it.")
    print(f"FLOWBOARD_ALLOWED_HOSTS={host.partition(':')[0]}")
    print(f"FLOWBOARD_BASE_URL=https://{host}")
    print(f"FLOWBOARD_SECRET_KEY={secrets.token_hex(32)}")
    for name in SECRETS:
        print(f"{name}={secrets.token_hex(24)}")
    print("# Without a mail server, messages are written to files and nobody receives them.")
    for name in ("EMAIL_HOST", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"):
        print(f"{name}=")
    print(f"DEFAULT_FROM_EMAIL=FlowBoard <flowboard@{host.partition(':')[0]}>")


if __name__ == "__main__":
    main()
