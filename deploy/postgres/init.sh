#!/bin/bash
# Runs once, when the container makes its cluster: the three roles, their powers and their passwords.
set -euo pipefail
roles="${FLOWBOARD_ROLES:-/flowboard/roles.sql}"

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file "$roles"
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --quiet <<'SQL'
\getenv owner FLOWBOARD_OWNER_PASSWORD
\getenv app FLOWBOARD_APP_PASSWORD
\getenv staff FLOWBOARD_STAFF_PASSWORD
ALTER ROLE flowboard_owner PASSWORD :'owner';
ALTER ROLE flowboard_app PASSWORD :'app';
ALTER ROLE flowboard_staff PASSWORD :'staff';
SQL
