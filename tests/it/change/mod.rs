mod feeds;
mod housekeeping;
mod log;
mod person_trail;
mod trail;
mod webhooks;
