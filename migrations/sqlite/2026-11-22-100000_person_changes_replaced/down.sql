ALTER TABLE person_changes DROP COLUMN replaced;
