//! A browser's session: the cookie that stands for a token of the hub.

use actix_web::HttpRequest;

use super::caller::{Gate, Presented};
use super::problem::Problem;

/// The token that the request's session stands for; none without a session of ours.
///
/// # Errors
/// Where the session is not good for this request.
#[expect(clippy::unused_async, reason = "looking a session up asks the database, once there is sign-in")]
pub async fn presented(_request: &HttpRequest, _gate: &Gate) -> Result<Option<Presented>, Problem> {
    Ok(None)
}
