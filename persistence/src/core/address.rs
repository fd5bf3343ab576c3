//! Where the database is: parsed before diesel sees it, because SQLite would
//! take any unknown address for the name of a new file.

use std::path::PathBuf;

/// A parsed `DATABASE_URL`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// An embedded SQLite file, owned by one process.
    Sqlite(PathBuf),
    /// A PostgreSQL server, as a libpq connection URL.
    Postgres(String),
}

/// A `DATABASE_URL` that names no database Skolhus knows.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressError {
    /// Neither `sqlite:` nor `postgres://`.
    #[error("the database address begins with {0:?}; it must be sqlite:PATH or postgres://…")]
    UnknownScheme(String),
    /// `sqlite:` with nothing after it.
    #[error("the database address names no file; write sqlite:PATH")]
    NoPath,
    /// A server out of reach of plain text.
    #[error(
        "the PostgreSQL address is neither loopback nor a socket, and this build has no TLS: build with the feature postgres-tls, or allow plain text in the configuration"
    )]
    PlainTextRefused,
}

impl Address {
    /// Parses an address.
    ///
    /// # Errors
    /// See [`AddressError`]; the address itself is never repeated, as it may hold a password.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        if let Some(path) = address.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(AddressError::NoPath) } else { Ok(Self::Sqlite(path.into())) };
        }
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Ok(Self::Postgres(address.to_owned()));
        }
        let scheme = address.split_once(':').map_or("", |(scheme, _)| scheme);
        Err(AddressError::UnknownScheme(scheme.chars().take(20).collect()))
    }

    /// Refuses a PostgreSQL server across a network when nothing would encrypt the way there.
    ///
    /// # Errors
    /// [`AddressError::PlainTextRefused`].
    pub fn check_transport(&self, tls_built_in: bool, plain_text_allowed: bool) -> Result<(), AddressError> {
        match self {
            Self::Postgres(url) if !tls_built_in && !plain_text_allowed && !is_local(url) => {
                Err(AddressError::PlainTextRefused)
            }
            Self::Postgres(_) | Self::Sqlite(_) => Ok(()),
        }
    }
}

/// Whether every host in the address is loopback or a socket directory.
fn is_local(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (authority, tail) = rest.split_once('/').unwrap_or((rest, ""));
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let parameters = tail.split_once('?').map_or("", |(_, parameters)| parameters);
    let named = parameters
        .split('&')
        .filter_map(|pair| pair.strip_prefix("host=").or_else(|| pair.strip_prefix("hostaddr=")));
    hosts.split(',').map(host_without_port).chain(named).all(|host| {
        host.is_empty()
            || host.starts_with('/')
            || host.starts_with("%2F")
            || host == "localhost"
            || host.starts_with("127.")
            || host == "::1"
    })
}

fn host_without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(host, _)| host),
        None => host.split_once(':').map_or(host, |(host, _)| host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_never_becomes_a_new_file() {
        for address in ["postgre://x/y", "mysql://x", "skolhus.db", "/var/lib/skolhus.db", ""] {
            assert!(matches!(Address::parse(address), Err(AddressError::UnknownScheme(_))), "{address}");
        }
        assert_eq!(Address::parse("sqlite:"), Err(AddressError::NoPath));
        assert_eq!(Address::parse("sqlite:a.db"), Ok(Address::Sqlite("a.db".into())));
        assert_eq!(Address::parse("sqlite:///a.db"), Ok(Address::Sqlite("/a.db".into())));
    }

    #[test]
    fn plain_text_stays_on_the_machine() {
        for (url, local) in [
            ("postgres://u:p@localhost:5432/skolhus", true),
            ("postgres://u@127.0.0.1/skolhus", true),
            ("postgres://u@[::1]:5432/skolhus", true),
            ("postgres:///skolhus?host=/run/postgresql", true),
            ("postgres://u@db.example/skolhus", false),
            ("postgres://u@localhost,db.example/skolhus", false),
            ("postgres:///skolhus?host=db.example", false),
        ] {
            assert_eq!(Address::parse(url).unwrap().check_transport(false, false).is_ok(), local, "{url}");
        }
    }
}
