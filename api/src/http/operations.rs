//! Where operations are mounted: one list of them, of which the server is put together and the document is written.

use std::collections::BTreeMap;

use actix_web::{
    Route, Scope,
    dev::HttpServiceFactory,
    guard::fn_guard,
    web::{ServiceConfig, scope},
};
use utoipa::openapi::{Components, OpenApi};
use utoipa_actix_web::OpenApiFactory;

/// What operations are mounted into. Describing them all takes longer than serving them does, and a server has as many
/// apps as workers: so one takes only their routes and the other only their descriptions.
pub enum Operations<'a> {
    /// Their routes.
    Served(Routed),
    /// Their part of the document.
    Described(&'a mut OpenApi),
}

/// Routes by the first words of their paths, such as `/v1/lessons`. A router tries one pattern after the other: with these
/// a request is held against the dozen patterns under its first words, and not against those of all operations.
#[derive(Default)]
pub struct Routed(BTreeMap<String, Scope>);

impl Routed {
    fn add(&mut self, path: &str, add: impl FnOnce(Scope) -> Scope) {
        let first = first_words(path).to_owned();
        let before = self.0.remove(&first).unwrap_or_else(|| {
            let first = first.clone();
            // The operations name their whole paths, so the scope adds nothing to them.
            scope("").guard(fn_guard(move |context| first_words(context.head().uri.path()) == first))
        });
        self.0.insert(first, add(before));
    }
}

/// The first two words of a path.
fn first_words(path: &str) -> &str {
    path.match_indices('/').nth(2).map_or(path, |(end, _)| path.get(..end).unwrap_or(path))
}

/// Mounts every operation in the app of a worker.
pub fn serve(config: &mut ServiceConfig) {
    let mut operations = Operations::Served(Routed::default());
    crate::mount(&mut operations);
    if let Operations::Served(Routed(scopes)) = operations {
        for scope in scopes.into_values() {
            config.service(scope);
        }
    }
}

impl Operations<'_> {
    /// An operation.
    pub fn service<F>(&mut self, operation: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + utoipa::Path + 'static,
    {
        match self {
            Self::Served(routed) => routed.add(&F::path(), |scope| scope.service(operation)),
            Self::Described(document) => {
                document.paths.merge(operation.paths());
                let mut schemas = Vec::new();
                operation.schemas(&mut schemas);
                document.components.get_or_insert_with(Components::new).schemas.extend(schemas);
            }
        }
        self
    }

    /// A route that is no operation and stands in no document.
    pub fn route(&mut self, path: &str, route: Route) -> &mut Self {
        if let Self::Served(routed) = self {
            routed.add(path, |scope| scope.route(path, route));
        }
        self
    }

    /// The operations of a part of the house.
    pub fn configure(&mut self, mount: impl FnOnce(&mut Operations<'_>)) -> &mut Self {
        mount(self);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::first_words;

    #[test]
    fn the_first_words_end_at_the_third_slash() {
        for (path, first) in [
            ("/v1/lessons/{id}/attendance", "/v1/lessons"),
            ("/v1/lessons", "/v1/lessons"),
            ("/v1/lessons/", "/v1/lessons"),
            ("/v1/lesson-series/5", "/v1/lesson-series"),
            ("/health/ready", "/health/ready"),
            ("/v1", "/v1"),
            ("/", "/"),
            ("", ""),
            ("/v1/å/ä", "/v1/å"),
        ] {
            assert_eq!(first_words(path), first, "{path}");
        }
    }
}
