//! Organisers, controllers, school units, sites, terms (organisation).

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(_config: &mut ServiceConfig<'_>) {}
