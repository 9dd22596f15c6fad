-- Two databases for two roles, of which neither can look into the other's. Once, as a superuser of the server:
--
--   psql --set ON_ERROR_STOP=1 --set writer_password=… --set reader_password=… --file deploy/postgresql.sql
--
-- DATABASE_URL is the writer's, READER_DATABASE_URL the reader's. A writer that fills the reader's database has both;
-- a process with CMS_ROLE=reader has the second only, and with it no way to drafts, logins and sessions.

CREATE ROLE imprint_writer LOGIN PASSWORD :'writer_password';
CREATE ROLE imprint_reader LOGIN PASSWORD :'reader_password';
CREATE DATABASE imprint_writer OWNER imprint_writer;
CREATE DATABASE imprint_reader OWNER imprint_reader;
REVOKE ALL ON DATABASE imprint_writer FROM PUBLIC;
REVOKE ALL ON DATABASE imprint_reader FROM PUBLIC;
