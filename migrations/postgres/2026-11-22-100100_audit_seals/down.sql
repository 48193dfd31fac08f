DROP TRIGGER audit_refuses_delete ON audit;
DROP TRIGGER audit_refuses_update ON audit;
CREATE TRIGGER audit_refuses_update_and_delete BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
DROP FUNCTION audit_goes_by_seals;
DROP TABLE audit_seals;
DROP FUNCTION audit_seals_are_append_only;
