//! `skolhus demo`: a register to try things on.

use actix_web::web;
use serde_json::json;
use skolhus_domain::access::Role;

use super::{
    ProgramError,
    demo_data::{self, PASSWORD},
    runtime, say, serve,
    settings::Settings,
};
use crate::http::state::State;

/// The demo's database, unless the settings name another.
const FILE: &str = "skolhus-demo.sqlite";

/// What `skolhus demo` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print where the demo is and how to log in as JSON, for programs.
    #[arg(long)]
    json: bool,
    /// Where to listen, as in 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Arguments {
    /// The same as settings.
    pub(super) fn settings(&self) -> Option<(String, String)> {
        self.listen.clone().map(|listen| ("listen".to_owned(), listen))
    }
}

/// Makes the demo where there is none, and serves it.
pub(super) async fn demo(
    mut settings: Settings,
    arguments: &Arguments,
    document: &'static str,
) -> Result<(), ProgramError> {
    settings.database_unless_named(FILE);
    let socket = serve::socket(&settings)?;
    let state = runtime::open(&settings, runtime::Purpose::Demo).await?;
    fill_if_empty(&state).await?;
    if !settings.listen.ip().is_loopback() {
        tracing::warn!("everybody who reaches the address can log in to the demo: its passwords are public");
    }
    let told_as_json = arguments.json;
    let scheme = if settings.tls().is_some() { "https" } else { "http" };
    serve::until_stopped(&settings, document, state, socket, |address| {
        let demo = Demo::at(&format!("{scheme}://{address}"));
        say(&if told_as_json { demo.as_json() } else { demo.as_text() });
    })
    .await
}

/// A register that somebody works in is never filled with invented people.
async fn fill_if_empty(state: &web::Data<State>) -> Result<(), ProgramError> {
    let organisers = super::organiser::all(state).await?;
    if organisers.iter().any(|(id, _)| *id == demo_data::plan::organiser_id()) {
        return Ok(());
    }
    if !organisers.is_empty() {
        return Err(ProgramError::Refused(
            "the database holds a register that is no demo; name another with --database-url".to_owned(),
        ));
    }
    demo_data::fill(state).await.map_err(|problem| super::operator::refused(&problem))
}

/// What somebody needs to know to begin.
struct Demo {
    base_url: String,
    accounts: Vec<(Role, String)>,
}

impl Demo {
    fn at(base_url: &str) -> Self {
        Self { base_url: base_url.to_owned(), accounts: demo_data::accounts() }
    }

    fn docs(&self) -> String {
        format!("{}/docs/", self.base_url)
    }

    /// Two lines for a shell: log in, then list.
    fn curl(&self) -> [String; 2] {
        let url = &self.base_url;
        let email =
            self.accounts.iter().find(|(role, _)| *role == Role::Registrar).map_or("", |(_, email)| email);
        [
            format!(
                "TOKEN=$(curl -s {url}/v1/sessions -H 'Content-Type: application/json' -d '{{\"email\":\"{email}\",\"password\":\"{PASSWORD}\"}}' | sed 's/.*\"accessToken\":\"\\([^\"]*\\)\".*/\\1/')"
            ),
            format!("curl -s {url}/v1/school-units -H \"Authorization: Bearer $TOKEN\""),
        ]
    }

    fn as_json(&self) -> String {
        let accounts: Vec<_> = self
            .accounts
            .iter()
            .map(|(role, email)| json!({ "role": role.code(), "email": email, "password": PASSWORD }))
            .collect();
        json!({ "baseUrl": self.base_url, "docs": self.docs(), "accounts": accounts, "curl": self.curl() })
            .to_string()
    }

    fn as_text(&self) -> String {
        let mut text = format!("The demo is served at {}\nDocumentation: {}\n\n", self.base_url, self.docs());
        text.push_str(&format!("Accounts, all with the password {PASSWORD}:\n"));
        for (role, email) in &self.accounts {
            text.push_str(&format!("  {:<19} {email}\n", role.code()));
        }
        text.push_str("\nA first request, in another terminal:\n\n");
        for line in self.curl() {
            text.push_str(&line);
            text.push('\n');
        }
        text.push_str("\nCtrl-C stops it.\n");
        text
    }
}
