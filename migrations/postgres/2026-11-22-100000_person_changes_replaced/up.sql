-- The change whose number a change took the place of: a process that sees its own number knows by it whether somebody
-- else's was there in between. Nothing where there was none.
ALTER TABLE person_changes ADD COLUMN replaced BIGINT;
