mod log;
mod trail;
mod webhooks;
