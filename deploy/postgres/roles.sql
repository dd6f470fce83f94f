-- The three database roles of FlowBoard and what they may do to the database as a whole.
--
-- Run it as a superuser, connected to the database `flowboard`. It can be run again at any time.
-- Passwords are set apart from it (ALTER ROLE ... PASSWORD), so that no secret ever stands in this file.
-- Table grants and row-level policies are not here: they come with the migrations.

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['flowboard_owner', 'flowboard_app', 'flowboard_staff'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', role_name);
        END IF;
    END LOOP;
END
$$;

-- Owns every table and runs migrations. CREATEDB is for the databases of the test suite.
ALTER ROLE flowboard_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- Serves people: row-level security applies to it everywhere.
ALTER ROLE flowboard_app LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- Reads across organizations for ops staff, in the admin only.
ALTER ROLE flowboard_staff LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS;

ALTER DATABASE flowboard OWNER TO flowboard_owner;
REVOKE ALL ON DATABASE flowboard FROM PUBLIC;
GRANT CONNECT ON DATABASE flowboard TO flowboard_app, flowboard_staff;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
