mod feeds;
mod housekeeping;
mod log;
mod trail;
mod webhooks;
