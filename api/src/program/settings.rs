//! What the program goes by: `skolhus.toml`, then the environment, then the command line.
//! What comes later wins. `skolhus config` prints what is in force, and from where.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use actix_web::http::header::HeaderName;
use serde::de::DeserializeOwned;
use skolhus_domain::{
    identity::{LONGEST_CERTIFICATE_DAYS, Network},
    refusal::Refusal,
};
use skolhus_persistence::{Address, AddressError};

use crate::{
    http::tls::Files,
    message::{Authentication, Format, Template, TemplateError},
};

/// The file that is read where it stands in the working directory.
const FILE: &str = "skolhus.toml";

/// Why the program does not know what to go by.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{path}: {reason}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Nothing is called that.
    #[error("{origin}: unknown setting {key:?}; these are known: {known}")]
    Unknown {
        /// Where it stands.
        origin: Origin,
        /// What was written.
        key: String,
        /// What could have been.
        known: String,
    },
    /// A value of the wrong kind.
    #[error("{origin}: {key}: {reason}")]
    Value {
        /// Where it stands.
        origin: Origin,
        /// The setting.
        key: String,
        /// What is wrong with it; never the value itself, as it may be secret.
        reason: String,
    },
    /// The database's address.
    #[error("database_url: {0}")]
    Address(#[from] AddressError),
}

/// Where a value came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Nobody said otherwise.
    Default,
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// The command line.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => path.display().fmt(f),
            Self::Variable(name) => f.write_str(name),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line, for programs.
    Json,
    /// For people.
    Text,
}

/// A value as it stands in a file, or as text elsewhere.
enum Raw {
    Toml(toml::Value),
    Text(String),
}

/// What a setting can hold.
trait Held: Sized {
    fn read(raw: Raw) -> Result<Self, String>;
    /// As `skolhus config` prints it, in TOML.
    fn show(&self) -> String;
}

fn deserialized<T: DeserializeOwned>(value: toml::Value) -> Result<T, String> {
    let shape = value.type_str();
    // The error of toml would repeat the value.
    value.try_into().map_err(|_| format!("a {shape} that is not accepted here"))
}

macro_rules! held {
    ($type:ty, $expected:literal, $show:expr, $parse:expr) => {
        impl Held for $type {
            fn read(raw: Raw) -> Result<Self, String> {
                let read = match raw {
                    Raw::Toml(value) => deserialized(value),
                    Raw::Text(text) => $parse(text).map_err(|()| "not accepted".to_owned()),
                };
                read.map_err(|reason| format!("{reason}; expected {}", $expected))
            }
            fn show(&self) -> String {
                $show(self)
            }
        }
    };
}
fn parsed<T: std::str::FromStr>(text: String) -> Result<T, ()> {
    text.trim().parse().map_err(drop)
}
fn quoted(text: impl ToString) -> String {
    toml::Value::String(text.to_string()).to_string()
}
held!(SocketAddr, "an address and a port, as in 127.0.0.1:8080", quoted, parsed);
held!(u32, "a whole number", u32::to_string, parsed);
held!(bool, "true or false", bool::to_string, parsed);
held!(String, "text", quoted, Ok::<_, ()>);
held!(PathBuf, "a path", |path: &Self| quoted(path.display()), |text| Ok::<_, ()>(Self::from(text)));
held!(
    LogFormat,
    "json or text",
    |format: &Self| quoted(format!("{format:?}").to_lowercase()),
    |text: String| { deserialized(toml::Value::String(text)).map_err(drop) }
);
held!(
    Vec<String>,
    "a list of texts",
    |list: &Self| toml::Value::from(list.clone()).to_string(),
    |text: String| Ok::<_, ()>(
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    )
);

impl Held for Secret {
    fn read(raw: Raw) -> Result<Self, String> {
        String::read(raw).map(Self)
    }
    fn show(&self) -> String {
        quoted("(hidden)")
    }
}

impl<T: Held> Held for Option<T> {
    fn read(raw: Raw) -> Result<Self, String> {
        T::read(raw).map(Some)
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| quoted(""), T::show)
    }
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr;)*) => {
        /// What is in force.
        #[derive(Clone, Debug)]
        pub struct Settings {
            $($(#[doc = $doc])+ pub $key: $type,)*
            origins: BTreeMap<&'static str, Origin>,
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($key: $default,)* origins: BTreeMap::new() }
            }
        }

        impl Settings {
            /// The name of every setting; `SKOLHUS_` before it, in capitals, is its variable.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($key),)*];

            fn set(&mut self, key: &str, raw: Raw, origin: Origin) -> Result<(), SettingsError> {
                match key {
                    $(stringify!($key) => {
                        self.$key = Held::read(raw).map_err(|reason| SettingsError::Value {
                            origin: origin.clone(), key: key.to_owned(), reason,
                        })?;
                        self.origins.insert(stringify!($key), origin);
                        Ok(())
                    })*
                    _ => Err(SettingsError::Unknown {
                        origin, key: key.to_owned(), known: Self::KEYS.join(", "),
                    }),
                }
            }

            /// Every setting with what it is for, what it is and where that came from, as TOML.
            #[must_use]
            pub fn shown(&self) -> String {
                let mut out = String::new();
                $({
                    $(out.push_str(&format!("#{}\n", $doc));)+
                    let key = stringify!($key);
                    let origin = self.origins.get(key).unwrap_or(&Origin::Default);
                    let value = if key == "database_url" {
                        quoted(without_password(&self.database_url()))
                    } else {
                        Held::show(&self.$key)
                    };
                    out.push_str(&format!("{key} = {value}  # {origin}\n\n"));
                })*
                out
            }
        }
    };
}

settings! {
    /// Where the server listens.
    listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080));
    /// The database: `sqlite:PATH` or `postgres://…`. `DATABASE_URL` says the same.
    /// Unless said otherwise `skolhus.sqlite` in the data directory.
    database_url: Option<String> = None;
    /// Where files are kept that have no path of their own.
    data_directory: PathBuf = PathBuf::from(".");
    /// What seals the keys in the database. PostgreSQL needs it: at least 32 random bytes,
    /// as base64 or hexadecimal digits. Beside SQLite a file is made for it.
    master_key: Option<Secret> = None;
    /// The address under which callers reach the server, without a slash at its end.
    base_url: String = String::new();
    /// Proxies in front of the server, as networks or single addresses, as in `10.0.0.0/8, 2001:db8::1`. Where a call comes
    /// from is what they say in `X-Forwarded-For` or `Forwarded`; from anybody else these headers are ignored.
    trusted_proxies: Vec<String> = Vec::new();
    /// The header in which trusted proxies forward the certificate that a client has shown them: as PEM with `%0A` and the like
    /// (nginx's `$ssl_client_escaped_cert`), or as RFC 9440 has it (`Client-Cert`). The proxy must take it out of what
    /// others send. Unless set none is believed.
    client_certificate_header: Option<String> = None;
    /// Days that a certificate of an integrator's client lasts, 1 to 395.
    client_certificate_days: u32 = 395;
    /// The server's certificate, and those between it and its authority: a PEM file. With it the server speaks TLS and no
    /// plain HTTP. Read anew when it changes, and on the signal SIGHUP.
    tls_certificate: Option<PathBuf> = None;
    /// Its key: a PEM file.
    tls_key: Option<PathBuf> = None;
    /// Origins that browsers may call from (CORS).
    allowed_origins: Vec<String> = Vec::new();
    /// Connections to the database (on SQLite: readers), 1 to 1000.
    connections: u32 = 8;
    /// Requests that may wait for a connection, and writes that may wait for the writer.
    queue: u32 = 256;
    /// Seconds that a request waits and works at the most.
    deadline: u32 = 10;
    /// Threads that answer requests; 0 for one per processor.
    workers: u32 = 0;
    /// Minutes that a session lasts without being used, 30 to 43200.
    session_idle_minutes: u32 = 720;
    /// Days that a session lasts at the most, 1 to 365.
    session_days: u32 = 30;
    /// Minutes that a login with a password counts as level 2, 10 to 43200; after that its session is of level 1.
    login_fresh_minutes: u32 = 720;
    /// Minutes that a login with two factors counts as level 3, 10 to `login_fresh_minutes`; after that it is of level 2.
    login_high_minutes: u32 = 720;
    /// How log lines look: `json` or `text`. Unless said otherwise text on a terminal, else JSON.
    log_format: Option<LogFormat> = None;
    /// Which log lines there are, as in `info` or `info,skolhus_api=debug`.
    log_filter: String = "info".to_owned();
    /// Where BankID is, as in `https://appapi2.bankid.com/rp/v6.0`. Without it nobody logs in with BankID.
    bankid_address: Option<String> = None;
    /// The certificate that shows BankID who we are, and those between it and its authority: a PEM file.
    bankid_certificate: Option<PathBuf> = None;
    /// Its key: a PEM file.
    bankid_key: Option<PathBuf> = None;
    /// The authority that BankID's own certificate comes from: a PEM file. No other is believed.
    bankid_authority: Option<PathBuf> = None;
    /// Whether logins are refused for which BankID finds the risk high.
    bankid_refuse_high_risk: bool = true;
    /// The places that the app may take people to after a login. Unless said otherwise `allowed_origins` and `base_url`.
    bankid_return_to: Vec<String> = Vec::new();
    /// Where text messages are sent from: the address of somebody's gateway. Without it, and without `sms_file`, none are sent.
    sms_address: Option<String> = None;
    /// How it is called: `POST` or `PUT`.
    sms_method: String = "POST".to_owned();
    /// A file with what shows the gateway who we are.
    sms_secret_file: Option<PathBuf> = None;
    /// What the file holds: a token (`bearer`), or a name, a colon and a password (`basic`).
    sms_authentication: String = "bearer".to_owned();
    /// How the fields are sent: as `json` or as a `form`.
    sms_format: String = "json".to_owned();
    /// The fields, as a JSON object of which `{to}` (as in `+46701740605`), `{digits}` (the same without the sign), `{sender}` and
    /// `{text}` are filled in.
    sms_fields: String = "{\"to\": \"{to}\", \"from\": \"{sender}\", \"message\": \"{text}\"}".to_owned();
    /// Who text messages come from, as phones show it.
    sms_sender: String = "Skolhus".to_owned();
    /// Seconds that a message may take to be handed over, 1 to 60.
    sms_timeout: u32 = 10;
    /// What numbers begin with that text messages go to. Elsewhere they cost more, and some numbers earn by them.
    sms_prefixes: Vec<String> = vec!["+46".to_owned()];
    /// A file that text messages are written to instead, for trying things out.
    sms_file: Option<PathBuf> = None;
    /// Whether PostgreSQL may be spoken to across a network without TLS.
    allow_plain_text_postgres: bool = false;
}

impl Settings {
    /// Reads the file, the environment and what the command line says.
    ///
    /// # Errors
    /// See [`SettingsError`]; a file that was named and is not there is one, too.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        command_line: &[(String, String)],
    ) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        // An empty variable is one that was not set: container set-ups pass them on like that.
        let environment: BTreeMap<String, String> =
            environment.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let named = file.map(Path::to_owned).or_else(|| environment.get("SKOLHUS_CONFIG").map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| PathBuf::from(FILE));
        if named.is_some() || path.exists() {
            settings.take_file(&path)?;
        }
        if let Some(url) = environment.get("DATABASE_URL") {
            let origin = Origin::Variable("DATABASE_URL".to_owned());
            settings.set("database_url", Raw::Text(url.clone()), origin)?;
        }
        for key in Self::KEYS {
            let variable = format!("SKOLHUS_{}", key.to_uppercase());
            if let Some(value) = environment.get(&variable) {
                settings.set(key, Raw::Text(value.clone()), Origin::Variable(variable))?;
            }
        }
        for (key, value) in command_line {
            settings.set(key, Raw::Text(value.clone()), Origin::CommandLine)?;
        }
        settings.check()?;
        Ok(settings)
    }

    fn take_file(&mut self, path: &Path) -> Result<(), SettingsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| SettingsError::Malformed {
            path: path.to_owned(),
            // Without the excerpt of the file, which may hold a secret.
            reason: format!("{}{}", error.message(), line_of(&text, error.span())),
        })?;
        for (key, value) in table {
            self.set(&key, Raw::Toml(value), Origin::File(path.to_owned()))?;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), SettingsError> {
        let refuse = |key: &str, reason: &str| {
            Err(SettingsError::Value {
                origin: self.origins.get(key).cloned().unwrap_or(Origin::Default),
                key: key.to_owned(),
                reason: reason.to_owned(),
            })
        };
        if !(1..=1000).contains(&self.connections) {
            return refuse("connections", "must be 1 to 1000");
        }
        if self.queue == 0 {
            return refuse("queue", "must be 1 or more");
        }
        if !(1..=3600).contains(&self.deadline) {
            return refuse("deadline", "must be 1 to 3600 seconds");
        }
        if !(30..=43_200).contains(&self.session_idle_minutes) {
            return refuse("session_idle_minutes", "must be 30 to 43200");
        }
        if !(1..=365).contains(&self.session_days) {
            return refuse("session_days", "must be 1 to 365");
        }
        if !(10..=43_200).contains(&self.login_fresh_minutes) {
            return refuse("login_fresh_minutes", "must be 10 to 43200");
        }
        if !(10..=self.login_fresh_minutes).contains(&self.login_high_minutes) {
            return refuse("login_high_minutes", "must be 10 to login_fresh_minutes");
        }
        if !(self.base_url.is_empty() || self.base_url.starts_with("http")) || self.base_url.ends_with('/') {
            return refuse("base_url", "must begin with http:// or https:// and not end with a slash");
        }
        if self.proxies().is_err() {
            return refuse("trusted_proxies", "must be networks such as 10.0.0.0/8, or single addresses");
        }
        if let Some(header) = &self.client_certificate_header {
            if header.parse::<HeaderName>().is_err() {
                return refuse("client_certificate_header", "must be the name of a header");
            }
            if self.trusted_proxies.is_empty() {
                return refuse("client_certificate_header", "needs trusted_proxies, which are believed");
            }
        }
        if !(1..=u32::from(LONGEST_CERTIFICATE_DAYS)).contains(&self.client_certificate_days) {
            return refuse("client_certificate_days", "must be 1 to 395");
        }
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            return refuse("tls_key", "must be set where tls_certificate is, and only there");
        }
        if let Some(address) = &self.bankid_address {
            if !address.starts_with("https://") {
                return refuse("bankid_address", "must begin with https://");
            }
            for (key, file) in [
                ("bankid_certificate", &self.bankid_certificate),
                ("bankid_key", &self.bankid_key),
                ("bankid_authority", &self.bankid_authority),
            ] {
                if file.is_none() {
                    return refuse(key, "must be set where bankid_address is");
                }
            }
        }
        self.check_sms()?;
        self.address().map(drop)
    }

    fn check_sms(&self) -> Result<(), SettingsError> {
        let refuse = |key: &str, reason: &str| {
            Err(SettingsError::Value {
                origin: self.origins.get(key).cloned().unwrap_or(Origin::Default),
                key: key.to_owned(),
                reason: reason.to_owned(),
            })
        };
        if self.sms_address.is_some() && self.sms_file.is_some() {
            return refuse("sms_file", "cannot be set where sms_address is");
        }
        if !(1..=60).contains(&self.sms_timeout) {
            return refuse("sms_timeout", "must be 1 to 60 seconds");
        }
        if Authentication::from_name(&self.sms_authentication).is_none() {
            return refuse("sms_authentication", "must be bearer or basic");
        }
        if Format::from_name(&self.sms_format).is_none() {
            return refuse("sms_format", "must be json or form");
        }
        let is_prefix = |prefix: &String| {
            prefix.strip_prefix('+').is_some_and(|digits| {
                (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        if !self.sms_prefixes.iter().all(is_prefix) {
            return refuse("sms_prefixes", "must be beginnings of numbers such as +46");
        }
        match self.sms_template() {
            Ok(_) => Ok(()),
            Err(error) => refuse("sms_fields", &error.to_string()),
        }
    }

    /// What a gateway of text messages is sent.
    ///
    /// # Errors
    /// What is wrong with the fields.
    pub fn sms_template(&self) -> Result<Template, TemplateError> {
        let format = Format::from_name(&self.sms_format).unwrap_or(Format::Json);
        Template::new(format, &self.sms_fields, &self.sms_sender)
    }

    /// The networks in which trusted proxies are.
    ///
    /// # Errors
    /// What is no network.
    pub fn proxies(&self) -> Result<Vec<Network>, Refusal> {
        self.trusted_proxies.iter().map(|text| Network::parse(text)).collect()
    }

    /// The files with which TLS ends here; none where it does not.
    #[must_use]
    pub fn tls(&self) -> Option<Files> {
        let (certificate, key) = (self.tls_certificate.clone()?, self.tls_key.clone()?);
        Some(Files { certificate, key })
    }

    /// Whether the database was named by somebody.
    #[must_use]
    pub fn names_database(&self) -> bool {
        self.database_url.is_some()
    }

    /// Names the database if nobody did.
    pub fn database_unless_named(&mut self, file: &str) {
        if self.database_url.is_none() {
            self.database_url = Some(format!("sqlite:{}", self.data_directory.join(file).display()));
        }
    }

    fn database_url(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.data_directory.join("skolhus.sqlite").display()))
    }

    /// Where the database is.
    ///
    /// # Errors
    /// For an address that names no database, or a server that only plain text would reach.
    pub fn address(&self) -> Result<Address, SettingsError> {
        let address = Address::parse(&self.database_url())?;
        address.check_transport(cfg!(feature = "postgres-tls"), self.allow_plain_text_postgres)?;
        Ok(address)
    }
}

/// Which line a place in a file is on, for people.
fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    before.map_or_else(String::new, |before| format!(" (line {})", before.matches('\n').count() + 1))
}

/// A database's address with its password hidden.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (rest, parameters) = rest.split_once('?').map_or((rest, None), |(rest, tail)| (rest, Some(tail)));
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    // A password may hold an unescaped @: the last one is before the host.
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:(hidden)@{host}"),
            None => authority.to_owned(),
        },
        None => authority.to_owned(),
    };
    let parameters = parameters.map_or_else(String::new, |parameters| {
        let shown = parameters.split('&').map(|pair| match pair.split_once('=') {
            Some((key, _)) if key.contains("password") => format!("{key}=(hidden)"),
            _ => pair.to_owned(),
        });
        format!("?{}", shown.collect::<Vec<_>>().join("&"))
    });
    format!("{scheme}://{authority}{path}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skolhus.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
        let (_folder, path) =
            file("listen = \"127.0.0.1:1\"\nqueue = 7\nallowed_origins = [\"https://a.example\"]\n");
        let environment =
            [pair("SKOLHUS_LISTEN", "127.0.0.1:2"), pair("SKOLHUS_QUEUE", "8"), pair("SKOLHUS_DEADLINE", "")];
        let settings = Settings::read(Some(&path), environment, &[pair("listen", "127.0.0.1:3")]).unwrap();
        assert_eq!((settings.listen.port(), settings.queue, settings.deadline), (3, 8, 10));
        assert_eq!(settings.allowed_origins, ["https://a.example"]);
        let shown = settings.shown();
        assert!(shown.contains("listen = \"127.0.0.1:3\"  # command line"), "{shown}");
        assert!(shown.contains("queue = 8  # SKOLHUS_QUEUE"), "{shown}");
        assert!(shown.contains("deadline = 10  # default"), "{shown}");
        shown.parse::<toml::Table>().unwrap();
    }

    #[test]
    fn what_is_wrong_is_named_and_secrets_are_not() {
        let (_folder, path) = file("listn = \"127.0.0.1:1\"\n");
        let error = Settings::read(Some(&path), [], &[]).unwrap_err().to_string();
        assert!(error.contains("unknown setting \"listn\"") && error.contains("skolhus.toml"), "{error}");
        let (_folder, path) = file("queue = 5\nmaster_key = \"hemligt\n");
        let error = Settings::read(Some(&path), [], &[]).unwrap_err().to_string();
        assert!(error.contains("line 2") && !error.contains("hemligt"), "{error}");
        let (_folder, path) = file("queue = \"hemligt\"\n");
        let error = Settings::read(Some(&path), [], &[]).unwrap_err().to_string();
        assert!(
            error.contains("queue") && error.contains("whole number") && !error.contains("hemligt"),
            "{error}"
        );
        for (key, value) in [
            ("queue", "0"),
            ("connections", "-1"),
            ("deadline", "soon"),
            ("base_url", "https://skola.example/"),
            ("log_format", "xml"),
            ("session_idle_minutes", "5"),
            ("session_days", "0"),
            ("login_fresh_minutes", "0"),
            ("login_high_minutes", "721"),
            ("trusted_proxies", "10.0.0.1/8"),
            ("client_certificate_header", "client cert"),
            ("client_certificate_header", "client-cert"),
            ("client_certificate_days", "396"),
            ("client_certificate_days", "0"),
            ("tls_key", "server.key"),
            ("bankid_address", "http://appapi2.example/rp/v6.0"),
            ("sms_timeout", "0"),
            ("sms_authentication", "digest"),
            ("sms_format", "xml"),
            ("sms_fields", "{\"to\": \"{to}\"}"),
            ("sms_prefixes", "+46, 47"),
            ("database_url", "mysql://db/skolhus"),
            ("database_url", "postgres://db.example/skolhus"),
        ] {
            if key == "database_url" && cfg!(feature = "postgres-tls") {
                continue;
            }
            let error = Settings::read(None, [], &[pair(key, value)]).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
        let half = [pair("bankid_address", "https://bankid.example"), pair("bankid_certificate", "a.pem")];
        let error = Settings::read(None, [], &half).unwrap_err().to_string();
        assert!(error.contains("bankid_key"), "{error}");
        assert!(Settings::read(Some(Path::new("/nowhere/skolhus.toml")), [], &[]).is_err());
    }

    #[test]
    fn proxies_are_networks_and_single_addresses() {
        let settings =
            Settings::read(None, [pair("SKOLHUS_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7,2001:db8::1")], &[]);
        let proxies: Vec<String> =
            settings.unwrap().proxies().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(proxies, ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::1/128"]);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let environment = [
            pair(
                "DATABASE_URL",
                "postgres://skolhus:hem@ligt@127.0.0.1:5432/skolhus?sslpassword=hemligt&a=b",
            ),
            pair("SKOLHUS_MASTER_KEY", "hemligt"),
        ];
        let settings = Settings::read(None, environment, &[]).unwrap();
        let shown = settings.shown();
        assert!(!shown.contains("ligt"), "{shown}");
        assert!(
            shown.contains("postgres://skolhus:(hidden)@127.0.0.1:5432/skolhus?sslpassword=(hidden)&a=b")
        );
        assert_eq!(settings.master_key.unwrap().reveal(), "hemligt");
    }

    #[test]
    fn the_database_is_a_file_in_the_data_directory_unless_said_otherwise() {
        let mut settings = Settings::read(None, [], &[pair("data_directory", "/srv/skola")]).unwrap();
        assert_eq!(settings.address().unwrap(), Address::Sqlite("/srv/skola/skolhus.sqlite".into()));
        settings.database_unless_named("skolhus-demo.sqlite");
        assert_eq!(settings.address().unwrap(), Address::Sqlite("/srv/skola/skolhus-demo.sqlite".into()));
        let named = Settings::read(None, [pair("DATABASE_URL", "sqlite:a.sqlite")], &[]).unwrap();
        assert!(named.names_database());
    }
}
