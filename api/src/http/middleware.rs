//! What happens around every request: its id, its log line, its metrics, and the
//! language of problems.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};

use super::{
    catalogue::Code,
    document::Routes,
    language::{self, Language},
    permit::RequestId,
    problem::Problem,
    security_headers,
    state::State,
};
use crate::{
    identity::alarm::{Known, raise},
    metrics::Metrics,
};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The one middleware.
///
/// # Errors
/// None of its own: errors become problems here.
pub async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let started = Instant::now();
    let state = request.app_data::<web::Data<State>>().cloned();
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    let routes = request.app_data::<web::Data<Routes>>().cloned();
    let id = state.as_ref().map_or(uuid::Uuid::nil(), |state| state.fresh_uuid());
    request.extensions_mut().insert(RequestId(id));

    let asked = Asked {
        id,
        language: language::asked(request.headers()),
        path: repeated(request.path()).to_owned(),
        base_url: state.as_ref().map_or_else(String::new, |state| state.base_url.clone()),
    };
    // No text holds U+0000, and PostgreSQL cannot even be asked about it.
    if request.uri().to_string().contains("%00") {
        return Err(Problem::new(Code::MalformedParameter).into());
    }
    let method = request.method().clone();
    let mut response = if has_no_place(&request, state.as_ref()) {
        let problem = Problem::new(Code::Unavailable).retry_after(1);
        request.into_response(render(&problem, &asked)).map_into_right_body()
    } else {
        answer(request, next, &asked).await?
    };
    let http_request = response.request().clone();

    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    let tls = asked.base_url.starts_with("https://");
    security_headers::complete(response.headers_mut(), http_request.path(), tls);
    let pattern = http_request.match_pattern();
    let operation = routes.as_ref().and_then(|routes| routes.operation(method.as_str(), pattern.as_deref()));
    let operation = operation.unwrap_or("none");
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    if let Some(metrics) = metrics {
        metrics.observe(operation, status, elapsed);
    }
    let known = http_request.extensions().get::<Known>().copied();
    if let (Some(state), Some(known)) = (&state, known) {
        let code = http_request.extensions().get::<Code>().copied();
        if let Some(alarm) = state.watch.look(known, response.status(), code, state.clock.now()) {
            raise(state, known.organiser, alarm);
        }
    }
    let path = pattern.as_deref().map_or_else(String::new, |pattern| shown(pattern, http_request.path()));
    tracing::info!(
        request = %id, operation, method = %method, path, status,
        milliseconds = elapsed.as_millis(), "answered"
    );
    Ok(response)
}

/// Whether a read would wait in vain for the database. It is told so before its token is looked at: verifying one takes
/// longer than refusing, and with ten times too many requests nothing else would be done. What writes is admitted where
/// it is done, and what is asked without the database is answered.
fn has_no_place(request: &ServiceRequest, state: Option<&web::Data<State>>) -> bool {
    *request.method() == Method::GET
        && request.path().starts_with("/v1/")
        && state.is_some_and(|state| state.database.is_full())
}

/// The operation's answer, its problems put into words.
async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    asked: &Asked,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    // A clone of the request kept over this call would stop the router from noting its match.
    let response = next.call(request).await?;
    let problem = match response.response().error().and_then(|error| error.as_error::<Problem>()) {
        Some(problem) => {
            response.request().extensions_mut().insert(problem.code());
            Some(render(problem, asked))
        }
        None => foreign(&response).map(|problem| render(&problem, asked)),
    };
    Ok(match problem {
        Some(rendered) => ServiceResponse::new(response.request().clone(), rendered).map_into_right_body(),
        None => response.map_into_left_body(),
    })
}

/// The path as the log may show it: the route's, with the ids that were asked for. Whatever else
/// somebody writes into an address (a name, a number, an e-mail address) is left out, and so is the
/// query, and all of a path that leads nowhere.
fn shown(pattern: &str, path: &str) -> String {
    let asked = path.split('/').map(Some).chain(std::iter::repeat(None));
    let parts = pattern.split('/').zip(asked).map(|(part, asked)| match asked {
        Some(asked) if part.starts_with('{') && uuid::Uuid::try_parse(asked).is_ok() => asked,
        _ => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Behind this a path has a secret that opens what it leads to.
const SECRETS: &str = "/v1/calendars/";

/// The path as a problem may repeat it: without a secret in it, since problems are kept and passed on.
fn repeated(path: &str) -> &str {
    if path.starts_with(SECRETS) { SECRETS } else { path }
}

/// What a problem document says about the request.
struct Asked {
    id: uuid::Uuid,
    language: Language,
    path: String,
    base_url: String,
}

fn render(problem: &Problem, asked: &Asked) -> HttpResponse {
    let Asked { id, language, path, base_url } = asked;
    // Somebody has a client's secret or token in the wrong place: for whoever watches over the server.
    if problem.code() == Code::ClientNetwork {
        tracing::warn!(request = %id, code = problem.code().name(), "a client called from outside its networks");
    }
    if let Some(cause) = problem.cause() {
        if problem.code().status().is_server_error() {
            tracing::error!(request = %id, code = problem.code().name(), %cause, "failed");
        } else {
            tracing::debug!(request = %id, code = problem.code().name(), %cause, "refused");
        }
    }
    let document = problem.document(*language, base_url, Some(path.clone()), Some(id.to_string()));
    let mut response = problem.response(&document);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

/// An error answer that did not come from us, such as the framework's own.
fn foreign<B>(response: &ServiceResponse<B>) -> Option<Problem> {
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return None;
    }
    let ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| {
        value.as_bytes().starts_with(b"application/") || value.as_bytes().starts_with(b"text/html")
    });
    (!ours).then(|| of_foreign(response.status()))
}

fn of_foreign(status: actix_web::http::StatusCode) -> Problem {
    let code = match status.as_u16() {
        404 => Code::NotFound,
        405 => Code::MethodNotAllowed,
        406 => Code::NotAcceptable,
        413 => Code::TooLarge,
        415 => Code::UnsupportedMediaType,
        status if status < 500 => Code::MalformedParameter,
        _ => Code::Internal,
    };
    Problem::new(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_shows_ids_and_nothing_else_that_was_asked_for() {
        let id = "0199a3f0-7c00-7000-8000-0000000000ff";
        let shown_path = |asked: &str| shown("/v1/persons/{id}/disclosure", asked);
        assert_eq!(
            shown_path(&format!("/v1/persons/{id}/disclosure")),
            format!("/v1/persons/{id}/disclosure")
        );
        for asked in ["/v1/persons/198507132390/disclosure", "/v1/persons/%C3%A5sa@exempel.se/disclosure"] {
            assert_eq!(shown_path(asked), "/v1/persons/{id}/disclosure");
        }
        assert_eq!(shown("/docs/{_:.*}", "/docs/a/b"), "/docs/{_:.*}");
    }

    #[test]
    fn neither_the_log_nor_a_problem_repeats_a_secret() {
        let secret = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE";
        for asked in [format!("/v1/calendars/{secret}"), format!("/v1/calendars/{secret}.ics")] {
            assert_eq!(shown("/v1/calendars/{secret}", &asked), "/v1/calendars/{secret}");
            assert_eq!((repeated(&asked), repeated(&format!("{asked}/x"))), (SECRETS, SECRETS));
        }
        assert_eq!(repeated("/v1/calendar-feeds"), "/v1/calendar-feeds");
    }
}
