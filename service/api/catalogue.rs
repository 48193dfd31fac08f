//! The catalogue: what the site offers, and what it offered before.

mod history;
mod shape;

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::caller::{Caller, Gate, Reads};
use super::extract::{Json, Nothing, Path, Query};
use super::presets::shape::PartQuery;
use super::problem::{Guarded, Problem, Queried, Stored, may};
use super::{conditional, cursor};
use crate::api::routing::Routing;
use crate::desk::Desk;
use shape::{Catalogue, CatalogueVersion, CatalogueVersionPage, CatalogueVersionPath};

/// What the site offers now: options, profiles, backends.
#[utoipa::path(operation_id = "show_catalogue", tag = "catalogue", security(("token" = [])),
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of what one has")),
    responses((status = OK, description = "The catalogue", body = Catalogue, headers(("ETag"))),
        (status = NOT_MODIFIED, description = "One has it already", headers(("ETag"))),
        Guarded, Queried, Stored, Problem))]
#[get("/catalogue")]
async fn show(
    _: Caller,
    _: Query<Nothing>,
    request: HttpRequest,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    let content = desk.published()?;
    if let Some(unchanged) = conditional::unchanged(&request, content.catalogue_version) {
        return Ok(unchanged);
    }
    let tag = conditional::tag(content.catalogue_version);
    Ok(HttpResponse::Ok().insert_header(tag).json(Catalogue::of(&content)))
}

/// The catalogues that were applied, latest first.
#[utoipa::path(operation_id = "list_catalogue_versions", tag = "catalogue", security(("token" = ["custom:presets:read"])), params(PartQuery),
    responses((status = OK, description = "Part of them", body = CatalogueVersionPage),
        Guarded, Queried, Stored, Problem))]
#[get("/catalogue/versions")]
async fn versions(
    _: Caller<Reads>,
    query: Query<PartQuery>,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
) -> Result<Json<CatalogueVersionPage>, Problem> {
    let before = cursor::read(&gate.key, "catalogue/versions", query.0.cursor.as_deref())?;
    let page = desk.catalogues(before, query.0.limit).await?;
    let next = page.next(|last| cursor::write(&gate.key, "catalogue/versions", &last.version));
    let items = page.items.into_iter().map(|applied| CatalogueVersion::of(applied, None)).collect();
    Ok(Json(CatalogueVersionPage { items, next }))
}

/// One catalogue, as it was applied.
#[utoipa::path(operation_id = "show_catalogue_version", tag = "catalogue", security(("token" = ["custom:presets:read"])), params(CatalogueVersionPath),
    responses((status = OK, description = "As it was", body = CatalogueVersion),
        Guarded, Queried, Stored, may::not_found, Problem))]
#[get("/catalogue/versions/{version}")]
async fn version(
    _: Caller<Reads>,
    path: Path<CatalogueVersionPath>,
    _: Query<Nothing>,
    desk: web::Data<Desk>,
) -> Result<Json<CatalogueVersion>, Problem> {
    let (applied, document) = desk.catalogue_at(path.0.version).await?;
    Ok(Json(CatalogueVersion::of(applied, Some(document))))
}

pub fn routes(config: &mut impl Routing) {
    config.service(show).service(versions).service(version).configure(history::routes);
}
