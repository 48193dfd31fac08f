//! What an actix server costs that does nothing: `bare PORT` answers anything with as many bytes as its path says.
//! And a hub for the benchmark, which knows the token `of-NAME` as that of the user NAME.

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

const LARGEST: usize = 1 << 20;

/// Reads the whole request, as the service has to.
async fn reply(size: web::Path<usize>, _body: Bytes, bytes: web::Data<Bytes>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(bytes.slice(..(*size).min(LARGEST)))
}

async fn user(request: HttpRequest) -> HttpResponse {
    let token =
        request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((_, name)) = token.split_once(" of-") else { return HttpResponse::Forbidden().finish() };
    HttpResponse::Ok().content_type("application/json").body(format!(
        r#"{{"kind":"user","name":"{name}","admin":false,"groups":[],"session_id":null,"token_id":"a-{name}","scopes":["access:services!service=presets"]}}"#
    ))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let bytes = web::Data::new(Bytes::from(vec![b'x'; LARGEST]));
    // As many workers as the service has, and its patience with connections (service/api/server.rs).
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 4);
    HttpServer::new(move || {
        App::new()
            .app_data(bytes.clone())
            .route("/hub/api/user", web::get().to(user))
            .route("/{size}", web::to(reply))
    })
    .workers(workers)
    .keep_alive(std::time::Duration::from_secs(75))
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
