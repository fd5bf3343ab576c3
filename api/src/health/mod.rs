//! The server itself: whether it lives, whether it can work, and its figures.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use skolhus_domain::access::declared::Public;
use utoipa::ToSchema;

use crate::http::operations::Operations;
use crate::{
    http::{permit::Permit, problem::Problem, state::State},
    metrics::Metrics,
};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(live).service(ready).service(figures);
}

/// How the server is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    status: &'static str,
}

/// Whether the program runs
///
/// Answers as long as the program can answer at all; asks nothing of the database.
#[utoipa::path(
    operation_id = "getLiveness", tag = "health",
    extensions(("x-permission" = json!("public"))),
    responses((status = 200, description = "It runs.", body = Health))
)]
#[get("/health/live")]
pub async fn live(_permit: Permit<Public>) -> web::Json<Health> {
    web::Json(Health { status: "live" })
}

/// Whether the server can work
///
/// Reads from the database; 503 while it is out of reach.
#[utoipa::path(
    operation_id = "getReadiness", tag = "health",
    extensions(("x-permission" = json!("public"))),
    responses((status = 200, description = "It can work.", body = Health))
)]
#[get("/health/ready")]
pub async fn ready(permit: Permit<Public>, state: web::Data<State>) -> Result<web::Json<Health>, Problem> {
    state
        .database
        .read(permit.caller(), |connection, _| {
            skolhus_persistence::reachable(connection).map_err(Problem::from)
        })
        .await?;
    Ok(web::Json(Health { status: "ready" }))
}

/// The server's figures
///
/// For Prometheus: requests by operation and status, times, statements, the longest write, text messages sent. Nothing personal.
#[utoipa::path(
    operation_id = "getMetrics", tag = "health",
    extensions(("x-permission" = json!("public"))),
    responses((status = 200, description = "The figures in Prometheus' text format.", body = String, content_type = "text/plain"))
)]
#[get("/metrics")]
pub async fn figures(
    _permit: Permit<Public>,
    state: web::Data<State>,
    metrics: web::Data<Metrics>,
) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(metrics.text(state.database.statements(), &state.messages))
}
