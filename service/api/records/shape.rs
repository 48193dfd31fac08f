//! What was changed and decided, as the API writes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Any;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::extract::name_sized;
use crate::store::audit::{self, Filter};
use crate::store::decisions::{self, Outcome};

/// One change, or one refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// Rises with each entry, whatever the clock does.
    pub sequence: i64,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// The hub's id of the token it was done with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `add`, `change`, `remove`, `erase`, `set-aside`, `give-back`; `refuse` for what was not done.
    pub action: String,
    /// `catalogue`, `group`, `event`, `preset`, `preferences`, `selections`, `person`; `request`, for a refusal.
    pub object_kind: String,
    pub object_id: String,
    /// The object's version after the change; of a removed one, its last; 0 of what has none.
    pub version: i64,
    /// None for what was added, and where it was the own of somebody who was erased since.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Any>,
    /// None for what was removed, and where it was the own of somebody who was erased since.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Any>,
    /// As in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The revision that a change of the site's content made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Actor {
    /// `user`, `service`, `operator` (on the command line), or `erased`.
    pub kind: &'static str,
    /// Of an erased person, a pseudonym that leads nowhere.
    pub name: String,
}

/// Part of the audit, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPage {
    pub items: Vec<Entry>,
    /// Goes on behind these; null at the end.
    pub next: Option<String>,
}

/// Which part of which entries.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// How many at most.
    #[serde(default = "fifty")]
    #[validate(range(min = 1, max = 100, message = "must be from 1 to 100"))]
    #[param(value_type = u8, minimum = 1, maximum = 100, default = 50)]
    pub limit: u8,
    /// `next` of the part before; the rest of the query stays the same.
    pub cursor: Option<String>,
    /// Who did it: the name of a user or a service, a pseudonym, the words of an operator.
    #[validate(custom(function = "name_sized"))]
    #[param(max_length = 1020)]
    pub actor: Option<String>,
    #[validate(length(max = 64, message = "is at most 64 characters long"))]
    #[param(max_length = 64)]
    pub object_kind: Option<String>,
    #[validate(custom(function = "name_sized"))]
    #[param(max_length = 1020)]
    pub object_id: Option<String>,
    /// From this instant on.
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
}

/// One decision about a start.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decision {
    pub id: String,
    pub at: DateTime<Utc>,
    /// Who wanted a server.
    pub person: String,
    /// Empty for the default server.
    pub server_name: String,
    /// `given` or `refused`.
    pub outcome: &'static str,
    /// What the hub sent, unread.
    pub asked: Any,
    /// What the hub started.
    #[schema(value_type = Option<Object>)]
    pub given: Option<Any>,
    /// Of the site's content it was decided by.
    pub revision: Option<i64>,
    /// The groups that counted.
    pub groups: Vec<GroupThen>,
    /// How well each source of groups answered.
    pub sources: Vec<SourceThen>,
    /// What counted where nothing was asked for.
    pub usual: UsualThen,
    /// Each limit with its option, its owner and its reason; of a refusal, what was wrong.
    #[schema(value_type = Vec<Object>)]
    pub limits: Any,
    /// As in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A group that counted in a decision.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct GroupThen {
    pub key: String,
    /// Where its members are listed: `ldap`, `hub` or `file`.
    pub source: String,
}

/// What somebody would have been given without a choice.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct UsualThen {
    /// The default that they set for that server.
    pub default: Option<String>,
    /// What they had started there before.
    pub last_used: Option<String>,
    /// The group or event that they had started it in.
    pub context: Option<String>,
}

/// How well a source answered when it was decided.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SourceThen {
    pub source: String,
    /// `fresh`, `stale` or `unknown`.
    pub standing: String,
    /// Its last complete answer about the person.
    pub checked_at: Option<DateTime<Utc>>,
}

/// Which decision.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DecisionPath {
    #[param(min_length = 36, max_length = 36)]
    pub id: String,
}

/// One change of what the site offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    pub sequence: i64,
    /// The revision it made; one revision may have many changes.
    pub revision: i64,
    pub at: DateTime<Utc>,
    /// `catalogue`, `group`, `event` or `preset`.
    pub kind: String,
    pub id: String,
    /// `add`, `change` or `remove`.
    pub action: String,
    /// After the change; of what was removed, its last.
    pub version: i64,
}

/// Part of the feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangePage {
    /// The revision now; the `ETag` in quotation marks.
    pub revision: i64,
    pub items: Vec<Change>,
    /// Goes on behind these; null where this is all up to `revision`.
    pub next: Option<String>,
}

/// Which part of the feed.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeQuery {
    /// How many at most.
    #[serde(default = "fifty")]
    #[validate(range(min = 1, max = 100, message = "must be from 1 to 100"))]
    #[param(value_type = u8, minimum = 1, maximum = 100, default = 50)]
    pub limit: u8,
    /// `next` of the part before; `since` stays the same.
    pub cursor: Option<String>,
    /// Only what came after this revision.
    #[serde(default)]
    #[validate(range(min = 0, message = "must not be negative"))]
    #[param(value_type = i64, minimum = 0, default = 0)]
    pub since: i64,
}

fn fifty() -> u8 {
    50
}

impl AuditQuery {
    /// The list with all that chooses what is in it: a cursor of one is none of another.
    pub fn name(&self) -> String {
        let Self { actor, object_kind, object_id, from, until, .. } = self;
        format!("audit {:?}", (actor, object_kind, object_id, from, until))
    }
}

impl ChangeQuery {
    /// As [`AuditQuery::name`].
    pub fn name(&self) -> String {
        format!("changes {}", self.since)
    }
}

impl From<AuditQuery> for Filter {
    fn from(query: AuditQuery) -> Self {
        let AuditQuery { actor, object_kind, object_id, from, until, .. } = query;
        Self { actor, object_kind, object_id, from, until }
    }
}

impl From<(i64, audit::Entry)> for Entry {
    fn from((sequence, entry): (i64, audit::Entry)) -> Self {
        Self {
            sequence,
            at: entry.at,
            actor: entry.actor.into(),
            token: entry.token,
            action: entry.action,
            object_kind: entry.object_kind,
            object_id: entry.object_id,
            version: entry.version,
            before: entry.before,
            after: entry.after,
            request_id: entry.request_id,
            revision: entry.revision,
        }
    }
}

impl From<audit::Actor> for Actor {
    fn from(actor: audit::Actor) -> Self {
        let (kind, name) = match actor {
            audit::Actor::User(name) => ("user", name.to_string()),
            audit::Actor::Service(name) => ("service", name),
            audit::Actor::Operator(words) => ("operator", words),
            erased @ audit::Actor::Erased(_) => ("erased", erased.to_string()),
        };
        Self { kind, name }
    }
}

impl From<(i64, audit::Entry)> for Change {
    fn from((sequence, entry): (i64, audit::Entry)) -> Self {
        let audit::Entry { at, action, object_kind, object_id, version, revision, .. } = entry;
        Self {
            sequence,
            revision: revision.unwrap_or_default(),
            at,
            kind: object_kind,
            id: object_id,
            action,
            version,
        }
    }
}

impl From<decisions::Decision> for Decision {
    fn from(decision: decisions::Decision) -> Self {
        let reasons = decision.reasons;
        let (outcome, given) = match decision.outcome {
            Outcome::Given(given) => ("given", Some(given)),
            Outcome::Refused => ("refused", None),
        };
        // What a directory calls a group is recorded too, and stays here.
        let groups = serde_json::from_value(reasons["site_groups"].clone()).unwrap_or_default();
        let sources = serde_json::from_value(reasons["sources"].clone()).unwrap_or_default();
        let usual = serde_json::from_value(reasons["usual"].clone()).unwrap_or_default();
        Self {
            id: decision.id.to_string(),
            at: decision.at,
            person: decision.person.to_string(),
            server_name: decision.server_name,
            outcome,
            asked: decision.asked,
            given,
            revision: reasons["revision"].as_i64(),
            groups,
            sources,
            usual,
            limits: reasons.get("limits").cloned().unwrap_or(Any::Array(vec![])),
            request_id: decision.request_id,
        }
    }
}
