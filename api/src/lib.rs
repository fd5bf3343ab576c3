//! Skolhus: an open school administration backend. Operations, problems, identity,
//! integrations, and the program around them.

pub mod access;
pub mod attendance;
pub mod change;
pub mod course;
pub mod duty;
pub mod education_background;
pub mod enrolment;
pub mod export;
pub mod group;
pub mod health;
pub mod http;
pub mod identity;
pub mod integration;
pub mod message;
pub mod metrics;
pub mod organisation;
pub mod participation;
pub mod person;
pub mod program;
pub mod schedule;
pub mod terminology;

/// Mounts every operation. Mounting documents it: there is no second list of routes.
pub fn mount(operations: &mut http::operations::Operations<'_>) {
    health::mount(operations);
    access::mount(operations);
    course::mount(operations);
    duty::mount(operations);
    identity::mount(operations);
    change::mount(operations);
    integration::mount(operations);
    organisation::mount(operations);
    person::mount(operations);
    enrolment::mount(operations);
    education_background::mount(operations);
    group::mount(operations);
    participation::mount(operations);
    schedule::mount(operations);
    attendance::mount(operations);
    terminology::mount(operations);
    export::mount(operations);
}
