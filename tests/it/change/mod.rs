mod feeds;
mod log;
mod trail;
mod webhooks;
