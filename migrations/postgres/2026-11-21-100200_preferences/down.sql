DROP INDEX audit_by_object;
DROP INDEX audit_by_actor;
DROP INDEX audit_by_revision;
ALTER TABLE audit DROP COLUMN revision;
ALTER TABLE audit DROP COLUMN token;
DROP TABLE audit_of_people;
DROP TABLE people;
DROP TABLE preferences;
