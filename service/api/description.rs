//! The description of the API as it is served: the committed one, which a test holds against the routes.
//!
//! Writing it anew takes more memory and more of the program than serving everything it describes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::web::Bytes;
use actix_web::{HttpResponse, get};
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::problem::Problem;

/// OpenAPI 3.1, as JSON.
pub const TEXT: &str = include_str!("../../openapi/openapi.json");

/// The description of this API.
#[utoipa::path(tag = "about", responses((status = OK, description = "OpenAPI 3.1", body = Object), Problem))]
#[get("/openapi.json")]
pub async fn description() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(Bytes::from_static(TEXT.as_bytes()))
}

/// The paths that are described, below the prefix.
pub struct Paths(IndexMap<String, BTreeMap<String, IgnoredAny>>);

/// Read where somebody asks for what is not there, or writes a path in an odd way; else never.
pub static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Description {
        paths: IndexMap<String, BTreeMap<String, IgnoredAny>>,
    }
    let read: Result<Description, _> = serde_json::from_str(TEXT);
    Paths(read.expect("a test compares it with the routes").paths)
});

impl Paths {
    /// As in `/api/v1/presets/{id}`.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The methods of the operation at `path`, from the prefix on, as `Allow` lists them.
    pub fn methods_of(&self, path: &str) -> Option<String> {
        const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
        let matching = |pattern: &str| {
            let (pattern, path) = (pattern.split('/'), path.split('/'));
            let fits = |(want, have): (&str, &str)| want.starts_with('{') || want == have;
            pattern.clone().count() == path.clone().count() && pattern.zip(path).all(fits)
        };
        let (_, operations) = self.0.iter().find(|(pattern, _)| matching(pattern))?;
        let allow = METHODS.into_iter().filter(|method| operations.contains_key(*method));
        Some(allow.map(str::to_ascii_uppercase).collect::<Vec<_>>().join(", "))
    }
}
