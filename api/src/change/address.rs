//! Where webhooks may be sent: to the public network only, so that nobody can use the
//! server to reach what stands beside it.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// What the configuration allows for webhooks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Whether `http` to the machine itself is allowed, for trying things out.
    pub loopback: bool,
    /// How long a receiver may take to answer.
    pub timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { loopback: false, timeout: Duration::from_secs(15) }
    }
}

impl Policy {
    /// The address, if it may be sent to as far as it can be told without asking the network.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check(&self, url: &str) -> Result<Url, &'static str> {
        let url = Url::parse(url).map_err(|_| "must be an address such as https://receiver.example/hook")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("may not hold a user name or password");
        }
        if url.fragment().is_some() {
            return Err("may not hold a fragment");
        }
        let host = url.host_str().ok_or("must name a host")?;
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        if let Some(address) = literal
            && !self.permits(address)
        {
            return Err("must lie in the public network");
        }
        let local = host == "localhost" || host.ends_with(".localhost");
        if local && !self.loopback {
            return Err("must lie in the public network");
        }
        let loopback = local || literal.is_some_and(|address| address.is_loopback());
        match url.scheme() {
            "https" => Ok(url),
            "http" if loopback && self.loopback => Ok(url),
            _ => Err("must begin with https://"),
        }
    }

    /// Whether messages may be sent to this network address.
    #[must_use]
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        (self.loopback && address.is_loopback())
            || match address {
                IpAddr::V4(address) => is_public_v4(address),
                IpAddr::V6(address) => is_public_v6(address),
            }
    }
}

/// Not among the special-purpose addresses of the IANA registry (RFC 6890).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || a >= 224
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

/// Global unicast (2000::/3) without what tunnels, documents or translates.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    (0x2000..0x4000).contains(&first)
        && !(first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        && first != 0x2002
        && first != 0x3fff
}

/// Finds the network addresses of a name and leaves out those not permitted. It is asked
/// for every connection, so a name that changes its mind is caught.
pub(crate) struct PublicResolver(pub(crate) Policy);

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> = found.filter(|address| policy.permits(address.ip())).collect();
            if permitted.is_empty() {
                return Err("the name has no address in the public network".into());
            }
            let permitted: Addrs = Box::new(permitted.into_iter());
            Ok(permitted)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Policy = Policy { loopback: false, timeout: Duration::from_secs(1) };
    const LOOSE: Policy = Policy { loopback: true, timeout: Duration::from_secs(1) };

    #[test]
    fn nothing_beside_the_server_can_be_reached() {
        for url in [
            "http://receiver.example/",
            "https://127.0.0.1/",
            "https://localhost/",
            "https://[::1]/",
            "https://10.0.0.8/",
            "https://192.168.1.1/",
            "https://172.16.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::a00:1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://user:secret@receiver.example/",
            "https://receiver.example/#here",
            "ftp://receiver.example/",
            "receiver.example",
            "",
        ] {
            assert!(STRICT.check(url).is_err(), "{url}");
        }
        for url in [
            "https://receiver.example/hook?school=1",
            "https://93.184.216.34:8443/",
            "https://[2a00:1450:400f::1]/",
        ] {
            assert!(STRICT.check(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn plain_text_goes_no_further_than_the_machine() {
        assert!(LOOSE.check("http://127.0.0.1:8081/hook").is_ok());
        assert!(LOOSE.check("http://localhost/hook").is_ok());
        assert!(LOOSE.check("http://receiver.example/hook").is_err());
        assert!(LOOSE.check("https://10.0.0.8/").is_err());
    }
}
