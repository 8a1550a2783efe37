#!/bin/sh
# Makes the database and its two roles; may be run again. As PostgreSQL's superuser:
#   OWNER_PASSWORD=... APPLICATION_PASSWORD=... sh deploy/postgres/roles.sh
# The owner migrates. The application's role gets its rights from the migrations and can never change the schema.
set -eu
: "${OWNER_PASSWORD:?}" "${APPLICATION_PASSWORD:?}"

psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv application_password APPLICATION_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['qiming_owner', 'qiming_app']) AS name
 WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE qiming_owner PASSWORD :'owner_password';
ALTER ROLE qiming_app PASSWORD :'application_password';
SELECT 'CREATE DATABASE qiming OWNER qiming_owner ENCODING ''UTF8'' TEMPLATE template0 LOCALE ''C.UTF-8'''
 WHERE NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = 'qiming') \gexec
REVOKE ALL ON DATABASE qiming FROM PUBLIC;
GRANT CONNECT ON DATABASE qiming TO qiming_app;
SQL
