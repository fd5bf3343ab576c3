//! Putting the server together: the operations, what stands around them, and the pages
//! that are not operations.

use std::{net::TcpListener, time::Duration};

use actix_cors::Cors;
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    http::{Method, header},
    middleware::{Compress, from_fn},
    web::{self, Bytes},
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{
    body::LARGEST_BODY,
    catalogue::Code,
    document::{Routes, document, text},
    middleware::around,
    operations::serve,
    peer_certificate::keep,
    problem::Problem,
    state::State,
    tls::{Tls, TlsError},
};
use crate::metrics::Metrics;

/// How the server listens.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Origins that browsers may call from (CORS); empty for none.
    pub allowed_origins: Vec<String>,
    /// Worker threads; 0 for one per processor.
    pub workers: usize,
    /// Whether the program handles the signals that end it.
    pub handle_signals: bool,
    /// The certificate with which TLS ends here; plain HTTP where there is none.
    pub tls: Option<Tls>,
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The document is not complete: a mistake in the program.
    #[error("the interface is not complete: {0}")]
    Incomplete(String),
    /// The figures cannot be registered.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] std::io::Error),
    /// There is no TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The published document as text.
struct Published(Bytes);

/// What the document says of the operations, put together once for all servers of a process.
#[derive(Clone)]
pub struct Interface {
    routes: web::Data<Routes>,
    published: web::Data<Published>,
}

impl Interface {
    /// Writes the document and reads the routes off it: what the operations say of themselves now.
    ///
    /// # Errors
    /// [`ServerError::Incomplete`] where an operation lacks what every operation declares.
    pub fn written() -> Result<Self, ServerError> {
        let document = document();
        let routes = Routes::of(&document).map_err(ServerError::Incomplete)?;
        Ok(Self::with(routes, text(&document).into()))
    }

    /// Reads the routes off the document as it was written, which must be current (`skolhus openapi --check`). Writing it
    /// would take longer than all else at a start, and more memory than all that a server keeps.
    ///
    /// # Errors
    /// As [`Interface::written`].
    pub fn published(document: &'static str) -> Result<Self, ServerError> {
        let routes = Routes::of(&mut serde_json::Deserializer::from_str(document));
        Ok(Self::with(routes.map_err(ServerError::Incomplete)?, Bytes::from_static(document.as_bytes())))
    }

    fn with(routes: Routes, document: Bytes) -> Self {
        Self { routes: web::Data::new(routes), published: web::Data::new(Published(document)) }
    }
}

/// Starts the server on a socket; it runs until it is stopped.
///
/// # Errors
/// See [`ServerError`].
pub fn start(
    state: web::Data<State>,
    interface: &Interface,
    listen: &Listen,
    socket: TcpListener,
) -> Result<Server, ServerError> {
    let Interface { routes, published } = interface.clone();
    let metrics = web::Data::new(Metrics::new()?);
    let origins = listen.allowed_origins.clone();
    let mut server = HttpServer::new(move || {
        App::new()
            .configure(serve)
            .app_data(state.clone())
            .app_data(routes.clone())
            .app_data(published.clone())
            .app_data(metrics.clone())
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .route("/openapi.json", web::get().to(openapi))
            .route("/problems/{code}", web::get().to(problem_page))
            .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json")))
            .route(
                "/docs",
                web::get().to(|| async {
                    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
                }),
            )
            .default_service(web::to(nothing_here))
            .wrap(from_fn(around))
            .wrap(Compress::default())
            .wrap(cors(&origins))
    })
    .client_request_timeout(Duration::from_secs(10))
    .keep_alive(Duration::from_secs(30))
    .shutdown_timeout(15);
    server = match &listen.tls {
        None => server.listen(socket)?,
        Some(tls) => server.on_connect(keep).listen_rustls_0_23(socket, tls.config()?)?,
    };
    if listen.workers > 0 {
        server = server.workers(listen.workers);
    }
    if !listen.handle_signals {
        server = server.disable_signals();
    }
    Ok(server.run())
}

fn cors(origins: &[String]) -> Cors {
    let mut cors = Cors::default()
        .allowed_methods(["GET", "POST", "PATCH", "PUT", "DELETE"])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            header::ACCEPT_LANGUAGE,
        ])
        .allowed_header("idempotency-key")
        .expose_headers(["etag", "location", "x-request-id", "retry-after"])
        .max_age(3600);
    for origin in origins {
        cors = cors.allowed_origin(origin);
    }
    cors
}

async fn openapi(published: web::Data<Published>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(published.0.clone())
}

/// A page about one kind of problem: where a problem's `type` leads.
async fn problem_page(code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let code = Code::from_name(&code).ok_or_else(Problem::not_found)?;
    let page = format!(
        "<!doctype html><html lang=\"sv\"><meta charset=\"utf-8\"><title>{name}</title>\
         <h1>{sv}</h1><p lang=\"en\"><strong>{en}</strong> (<code>{name}</code>, HTTP {status})</p><p lang=\"en\">{help}</p></html>",
        name = code.name(),
        sv = code.title_sv(),
        en = code.title_en(),
        status = code.status().as_u16(),
        help = code.help().replace('<', "&lt;"),
    );
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page))
}

/// What is asked for where nothing stands: another method, or nothing at all.
pub(crate) async fn nothing_here(
    request: HttpRequest,
    routes: web::Data<Routes>,
) -> Result<HttpResponse, Problem> {
    let methods = routes.methods(request.path());
    if methods.is_empty() {
        return Err(Problem::not_found());
    }
    let allow = methods.join(", ");
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish());
    }
    Err(Problem::new(Code::MethodNotAllowed).allow(allow))
}
