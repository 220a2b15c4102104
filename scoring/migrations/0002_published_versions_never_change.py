"""Make the database refuse changes to a published version and to the score history."""

from django.db import migrations

VERSION = """
CREATE FUNCTION scoring_forbid_published_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' THEN
        RAISE EXCEPTION 'a published version is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
-- State, dates and people move on with publishing; what the version means does not.
CREATE TRIGGER version_definition_never_changes
BEFORE UPDATE OF model_id, number, fit_min, fit_max, engagement_min, engagement_max, fit_a, fit_b, fit_c,
    engagement_1, engagement_2, engagement_3, hot_from, warm_from, threshold
ON scoring_scoringmodelversion FOR EACH ROW EXECUTE FUNCTION scoring_forbid_published_change();
CREATE TRIGGER version_never_deleted BEFORE DELETE ON scoring_scoringmodelversion
FOR EACH ROW EXECUTE FUNCTION scoring_forbid_published_change();
"""

# FOR SHARE: an edit and a publish of the same version wait for each other.
PARTS = """
CREATE FUNCTION scoring_require_draft(version bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE state text;
BEGIN
    SELECT v.state INTO state FROM scoring_scoringmodelversion v WHERE v.id = version FOR SHARE;
    IF state <> 'draft' THEN
        RAISE EXCEPTION 'the rules of a published version are never changed'
            USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

CREATE FUNCTION scoring_require_draft_of_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM scoring_require_draft(OLD.version_id); END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    PERFORM scoring_require_draft(NEW.version_id);
    RETURN NEW;
END $$;

-- The argument names the column that points to the rule.
CREATE FUNCTION scoring_require_draft_of_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM scoring_require_draft(r.version_id) FROM scoring_scoringrule r
        WHERE r.id = (to_jsonb(OLD) ->> TG_ARGV[0])::bigint;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    PERFORM scoring_require_draft(r.version_id) FROM scoring_scoringrule r
    WHERE r.id = (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
    RETURN NEW;
END $$;

CREATE TRIGGER group_never_changes_once_published BEFORE INSERT OR UPDATE OR DELETE ON scoring_rulegroup
FOR EACH ROW EXECUTE FUNCTION scoring_require_draft_of_row();
CREATE TRIGGER rule_never_changes_once_published BEFORE INSERT OR UPDATE OR DELETE ON scoring_scoringrule
FOR EACH ROW EXECUTE FUNCTION scoring_require_draft_of_row();
CREATE TRIGGER condition_never_changes_once_published
BEFORE INSERT OR UPDATE OR DELETE ON scoring_rulecondition
FOR EACH ROW EXECUTE FUNCTION scoring_require_draft_of_rule('rule_id');
CREATE TRIGGER rule_types_never_change_once_published
BEFORE INSERT OR UPDATE OR DELETE ON scoring_scoringrule_activity_types
FOR EACH ROW EXECUTE FUNCTION scoring_require_draft_of_rule('scoringrule_id');
"""

HISTORY = """
CREATE TRIGGER score_change_never_changes
BEFORE UPDATE OF at, score_before, score, fit, engagement, grade, temperature, version_id, cause
ON scoring_scorechange FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
"""

UNDO = """
DROP TRIGGER score_change_never_changes ON scoring_scorechange;
DROP TRIGGER rule_types_never_change_once_published ON scoring_scoringrule_activity_types;
DROP TRIGGER condition_never_changes_once_published ON scoring_rulecondition;
DROP TRIGGER rule_never_changes_once_published ON scoring_scoringrule;
DROP TRIGGER group_never_changes_once_published ON scoring_rulegroup;
DROP FUNCTION scoring_require_draft_of_rule();
DROP FUNCTION scoring_require_draft_of_row();
DROP FUNCTION scoring_require_draft(bigint);
DROP TRIGGER version_never_deleted ON scoring_scoringmodelversion;
DROP TRIGGER version_definition_never_changes ON scoring_scoringmodelversion;
DROP FUNCTION scoring_forbid_published_change();
"""


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial"), ("leadapp", "0003_facts_never_change")]

    operations = [migrations.RunSQL(VERSION + PARTS + HISTORY, UNDO)]
