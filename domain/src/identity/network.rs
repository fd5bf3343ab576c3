//! Networks of addresses, from which clients may call and in which trusted proxies are.

// The plain types: nothing here opens a connection.
use core::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use ipnet::{IpNet, Ipv4Net};

use crate::refusal::{Refusal, Rule};

/// The most networks that a client may be limited to.
pub const MOST_NETWORKS: usize = 50;

/// A network of IPv4 or IPv6 addresses in its one canonical form: no bits beyond the prefix, and IPv4 that is wrapped in
/// IPv6 (`::ffff:0:0/96`) is IPv4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Network(IpNet);

impl Network {
    /// Reads a network in CIDR notation; one address is the network of that address alone. An address with bits beyond
    /// the prefix is refused rather than guessed at: it may mean the network or the address, and both are named.
    ///
    /// # Errors
    /// [`Rule::Format`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let network = read(text).map(unwrapped).ok_or_else(|| {
            let detail = "must be a network such as 203.0.113.0/24 or 2001:db8::/32, or one address";
            Refusal::new(Rule::Format, detail)
        })?;
        if network.addr() != network.network() {
            let (whole, alone) = (network.trunc(), IpNet::from(network.addr()));
            let detail = format!(
                "has bits beyond its prefix: write {whole} for the network or {alone} for the one address"
            );
            return Err(Refusal::new(Rule::Format, detail));
        }
        Ok(Self(network))
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

/// Whether a call may come from an address, where only some networks are allowed; from anywhere if none is named. An
/// address that nobody knows lies in no network.
#[must_use]
pub fn may_call_from(allowed: &[Network], address: Option<IpAddr>) -> bool {
    allowed.is_empty()
        || address.is_some_and(|address| allowed.iter().any(|network| network.contains(address)))
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is written, to the letter: no zeros before a number, no sign, no space.
fn read(text: &str) -> Option<IpNet> {
    let Some((address, prefix)) = text.split_once('/') else {
        return text.parse::<IpAddr>().ok().map(IpNet::from);
    };
    let length: u8 = prefix.parse().ok().filter(|length: &u8| length.to_string() == prefix)?;
    IpNet::new(address.parse().ok()?, length).ok()
}

/// IPv4 out of IPv6, where all of it is such.
fn unwrapped(network: IpNet) -> IpNet {
    const WRAPPED: u8 = 96;
    let IpNet::V6(six) = network else { return network };
    let four = Ipv6Addr::to_ipv4_mapped(&six.addr());
    let inner = four.zip(six.prefix_len().checked_sub(WRAPPED));
    let inner = inner.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    inner.map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Result<String, Rule> {
        Network::parse(text).map(|network| network.to_string()).map_err(|refusal| refusal.rule)
    }

    #[test]
    fn each_network_has_one_form() {
        for (written, canonical) in [
            ("203.0.113.0/24", "203.0.113.0/24"),
            ("203.0.113.7", "203.0.113.7/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0:0::/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("::/0", "::/0"),
            ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
            ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ] {
            assert_eq!(shown(written).as_deref(), Ok(canonical));
        }
        for wrong in [
            "",
            " ",
            "203.0.113.0/",
            "/24",
            "203.0.113.0/33",
            "203.0.113.0/-1",
            "203.0.113.0/+8",
            "203.0.113.0/08",
            "203.0.113.0/24 ",
            "010.0.0.0/8",
            "203.0.113/24",
            "203.0.113.0/255.255.255.0",
            "2001:db8::/129",
            "fe80::1%eth0",
            "skola.exempel.se",
            "203.0.113.0/24/24",
            "2001:db8::/3２",
        ] {
            assert_eq!(shown(wrong), Err(Rule::Format), "{wrong}");
        }
    }

    #[test]
    fn bits_beyond_the_prefix_are_refused_with_what_may_be_meant() {
        let refusal = Network::parse("203.0.113.7/24").unwrap_err();
        assert!(refusal.detail.contains("203.0.113.0/24") && refusal.detail.contains("203.0.113.7/32"));
        let refusal = Network::parse("2001:db8::1/32").unwrap_err();
        assert!(refusal.detail.contains("2001:db8::/32") && refusal.detail.contains("2001:db8::1/128"));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(bits: u128, length in 0..=128u8, four: bool) {
            let address = if four { IpAddr::V4((bits as u32).into()) } else { IpAddr::V6(bits.into()) };
            let length = if four { length % 33 } else { length };
            let whole = IpNet::new(address, length).unwrap().trunc();
            let network = Network::parse(&whole.to_string()).unwrap();
            prop_assert_eq!(Network::parse(&network.to_string()), Ok(network));
            prop_assert!(network.contains(address) || address.to_canonical() != address);
        }

        #[test]
        fn an_address_lies_in_it_if_its_first_bits_are_the_same(a: u32, b: u32, length in 0..=32u8) {
            let whole = IpNet::new(IpAddr::V4(a.into()), length).unwrap().trunc();
            let network = Network::parse(&whole.to_string()).unwrap();
            let same = length == 0 || (a ^ b) >> (32 - u32::from(length)) == 0;
            let inside: core::net::Ipv4Addr = b.into();
            prop_assert_eq!(network.contains(IpAddr::V4(inside)), same);
            prop_assert_eq!(network.contains(IpAddr::V6(inside.to_ipv6_mapped())), same);
            prop_assert!(!network.contains(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        }
    }
}
