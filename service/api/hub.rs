//! What the hub's plugin asks: the form to show, and what a start means.

use std::collections::BTreeMap;

use actix_web::http::header::ContentType;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, post, web};
use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Any, json};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::caller::{Caller, Resolves};
use super::extract::Json;
use super::metrics::Meter;
use super::observe::RequestId;
use super::problem::{Bodied, Guarded, Problem, Refused, Stored};
use crate::api::routing::Routing;
use crate::desk::shown::{Fragment, Shown};
use crate::desk::{self, Desk, NoAnswer};
use crate::groups::Username;
use crate::resolve::Asked;
use crate::store::accounts::Account;

/// The version of what plugin and service say to each other; one apart still works.
pub const PROTOCOL: u32 = 1;

/// Somebody at the hub looks at the spawn page.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormRequest {
    /// The version the plugin speaks.
    #[validate(range(
        max = 2,
        message = "this service speaks protocol 1: update the older of service and plugin"
    ))]
    #[schema(minimum = 0, maximum = 2)]
    pub protocol: u32,
    #[schema(value_type = String, min_length = 1, max_length = 1020)]
    pub user: Username,
    /// Empty for the default server.
    #[serde(default)]
    #[validate(length(max = 255, message = "must have at most 255 characters"))]
    #[schema(max_length = 255)]
    pub server_name: String,
    /// Groups the hub itself keeps for this person.
    #[serde(default)]
    #[validate(length(max = 10_000, message = "must have at most 10,000 entries"))]
    #[schema(max_items = 10000)]
    pub hub_groups: Vec<String>,
    /// The account of that name, so that whoever gets the name one day inherits nothing.
    #[serde(default)]
    #[validate(nested)]
    pub account: Option<AccountRequest>,
    /// The language the person's browser prefers.
    #[serde(default)]
    pub language: Option<String>,
    /// The group or event that the address of the page names, as a link in the form does; empty: none of them.
    #[serde(default)]
    #[validate(length(max = 70, message = "must have at most 70 characters"))]
    #[schema(max_length = 70)]
    pub context: Option<String>,
    /// What else stands in that address and stays there when another one is chosen, as a query holds it.
    #[serde(default)]
    #[validate(custom(function = "is_query"))]
    #[schema(max_length = 4000, pattern = "^[!-~]*$")]
    pub keep: Option<String>,
    /// What was refused just before, to be shown again with its errors.
    #[serde(default)]
    pub attempt: Option<AttemptRequest>,
}

/// An account as the hub keeps it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRequest {
    /// When the hub made it.
    #[validate(custom(function = "is_of_our_age"))]
    pub made_at: DateTime<Utc>,
    /// When the hub made the oldest of all its accounts: in another database, everybody's account is new.
    #[validate(custom(function = "is_of_our_age"))]
    pub hub_since: DateTime<Utc>,
}

/// The hub is not older than the time of computers, nor from a year of five digits, which some databases do not keep.
fn is_of_our_age(at: &DateTime<Utc>) -> Result<(), ValidationError> {
    let words = "must be between the years 1970 and 9998";
    if (1970..=9998).contains(&at.year()) {
        Ok(())
    } else {
        Err(ValidationError::new("year").with_message(words.into()))
    }
}

impl From<AccountRequest> for Account {
    fn from(told: AccountRequest) -> Self {
        Self { made_at: told.made_at, hub_since: told.hub_since }
    }
}

fn is_query(text: &str) -> Result<(), ValidationError> {
    let is_one = text.len() <= 4000 && text.bytes().all(|byte| byte.is_ascii_graphic());
    let words = "must be at most 4000 visible ASCII characters";
    if is_one { Ok(()) } else { Err(ValidationError::new("query").with_message(words.into())) }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttemptRequest {
    /// The options as the hub held them.
    pub options: Any,
}

// `form` writes it by hand.
/// A fragment for the hub's spawn page.
#[derive(ToSchema)]
pub struct FormReply {
    pub protocol: u32,
    /// Of the site's content.
    pub revision: i64,
    /// HTML that stands inside the hub's own form.
    pub html: String,
}

/// Somebody wants a server.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveRequest {
    #[validate(range(
        max = 2,
        message = "this service speaks protocol 1: update the older of service and plugin"
    ))]
    #[schema(minimum = 0, maximum = 2)]
    pub protocol: u32,
    #[schema(value_type = String, min_length = 1, max_length = 1020)]
    pub user: Username,
    #[serde(default)]
    #[validate(length(max = 255, message = "must have at most 255 characters"))]
    #[schema(max_length = 255)]
    pub server_name: String,
    #[serde(default)]
    #[validate(length(max = 10_000, message = "must have at most 10,000 entries"))]
    #[schema(max_items = 10000)]
    pub hub_groups: Vec<String>,
    /// The account of that name, so that whoever gets the name one day inherits nothing.
    #[serde(default)]
    #[validate(nested)]
    pub account: Option<AccountRequest>,
    /// The user options as the hub holds them, whatever they are. Of a link they say `link`: `own` where it was
    /// followed from a page of the hub's own origin, else `foreign`.
    #[serde(default)]
    pub options: Any,
}

/// What the hub starts, and nothing else.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResolveReply {
    pub protocol: u32,
    /// The record of this decision.
    pub decision: String,
    pub preset: PresetName,
    /// The hub's own name of a spawner class.
    pub backend: String,
    #[schema(value_type = Object)]
    pub traits: BTreeMap<String, Any>,
    pub environment: BTreeMap<String, String>,
    /// The options to keep: checked, and enough to start the same again.
    #[schema(value_type = Object)]
    pub options: Any,
    /// What was changed to fit, for the person; none if nothing was.
    pub message: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PresetName {
    pub id: String,
    pub title: String,
    /// 0 where every option was chosen by hand.
    pub version: i64,
}

/// The form for one person, as it stands this moment.
#[utoipa::path(tag = "hub", security(("hub" = []), ("token" = ["custom:presets:resolve"])), request_body = FormRequest,
    responses((status = OK, description = "The fragment", body = FormReply),
        Guarded, Bodied, Stored, Problem))]
#[post("/hub/form")]
async fn form(
    _: Caller<Resolves>,
    asked: Json<FormRequest, true>,
    request: HttpRequest,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let FormRequest { user, server_name, hub_groups, account, context, keep, attempt, .. } = asked.0;
    let caller = caller(user, account, server_name, hub_groups, &request);
    let shown = Shown {
        context: context.as_deref(),
        keep: keep.as_deref(),
        attempt: attempt.as_ref().map(|attempt| &attempt.options),
    };
    let Fragment { revision, html } = desk.form(&caller, &shown).await?;
    // The HTML is JSON already, with room for this: escaping or copying kilobytes is much of what a form costs.
    let mut reply = html;
    reply.push('}');
    reply.insert_str(0, &format!(r#"{{"protocol":{PROTOCOL},"revision":{revision},"html":"#));
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(reply))
}

/// What a start means for one person, this moment. Recorded before it is answered.
#[utoipa::path(tag = "hub", security(("hub" = []), ("token" = ["custom:presets:resolve"])), request_body = ResolveRequest,
    responses((status = OK, description = "What to start", body = ResolveReply),
        Guarded, Bodied, Stored, Refused, Problem))]
#[post("/hub/resolve")]
async fn resolve(
    _: Caller<Resolves>,
    asked: Json<ResolveRequest, true>,
    request: HttpRequest,
    desk: web::Data<Desk>,
    meter: web::Data<Meter>,
) -> Result<Json<ResolveReply>, Problem> {
    let ResolveRequest { user, server_name, hub_groups, account, options, .. } = asked.0;
    let caller = caller(user, account, server_name, hub_groups, &request);
    let start = desk.start(&caller, &options).await;
    meter.start(match &start {
        Ok(_) => "given",
        Err(NoAnswer::Refused(_)) => "refused",
        Err(NoAnswer::Unavailable(_)) => "unavailable",
    });
    let start = start?;
    let named = Asked::read(&options).is_ok_and(|asked| asked.context.is_some());
    let given = start.resolution;
    let mut kept = json!({ "preset": given.card.to_string(), "values": given.chosen });
    if named {
        // Started again, it starts for the same, or not at all.
        kept["context"] = json!(given.context.as_ref().map(ToString::to_string).unwrap_or_default());
    }
    Ok(Json(ResolveReply {
        protocol: PROTOCOL,
        decision: start.decision.to_string(),
        options: kept,
        preset: PresetName { id: given.card.to_string(), title: given.title, version: given.version },
        backend: given.spawner.to_string(),
        traits: given.traits,
        environment: given.environment,
        message: (!given.changes.is_empty()).then(|| format!("Adjusted: {}.", given.changes.join("; "))),
    }))
}

fn caller(
    person: Username,
    account: Option<AccountRequest>,
    server_name: String,
    hub_groups: Vec<String>,
    request: &HttpRequest,
) -> desk::Caller {
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
    desk::Caller { person, account: account.map(Account::from), server_name, hub_groups, request_id }
}

pub fn routes(config: &mut impl Routing) {
    config.service(form).service(resolve);
}
