//! Skolhus: an open school administration backend. Operations, problems, identity,
//! integrations, and the program around them.

pub mod access;
pub mod attendance;
pub mod change;
pub mod course;
pub mod duty;
pub mod enrolment;
pub mod export;
pub mod group;
pub mod health;
pub mod http;
pub mod identity;
pub mod integration;
pub mod metrics;
pub mod organisation;
pub mod participation;
pub mod person;
pub mod program;
pub mod schedule;
pub mod terminology;

/// Mounts every operation. Mounting documents it: there is no second list of routes.
pub fn mount(config: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    health::mount(config);
    access::mount(config);
    course::mount(config);
    duty::mount(config);
    identity::mount(config);
    change::mount(config);
    integration::mount(config);
    organisation::mount(config);
    person::mount(config);
    enrolment::mount(config);
    group::mount(config);
    participation::mount(config);
    schedule::mount(config);
    attendance::mount(config);
    terminology::mount(config);
    export::mount(config);
}
