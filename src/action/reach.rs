//! Which addresses may be asked. Link-local ones and those where clouds tell machines their credentials are shut, so
//! that no address from a file or a redirect reads them, unless whoever starts the engine opens them. Sends nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Addresses that are asked although they are usually shut: networks, separated by commas.
pub const ALLOW_ADDRESSES: &str = "ROLLOUT_ALLOW_ADDRESSES";

/// Networks that were opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    opened: Arc<[(IpAddr, u8)]>,
}

impl Reach {
    /// Returns what the engine's own variable opens, read once. What is no network in it opens nothing.
    pub fn of_this_process() -> &'static Reach {
        static READ: LazyLock<Reach> =
            LazyLock::new(|| Reach::read(&std::env::var(ALLOW_ADDRESSES).unwrap_or_default()));
        &READ
    }

    fn read(text: &str) -> Reach {
        let network = |word: &str| {
            let (address, bits) = word.trim().split_once('/').unwrap_or((word.trim(), "128"));
            let address: IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            Some((address, bits.parse::<u8>().ok()?.min(most)))
        };
        Reach { opened: text.split(',').filter_map(network).collect() }
    }

    /// Whether an address may be asked.
    pub fn may_ask(&self, address: IpAddr) -> bool {
        let address = plain(address);
        !is_shut(address) || self.opened.iter().any(|(network, bits)| is_within(address, *network, *bits))
    }
}

/// An address of the fourth version that is written as one of the sixth means the same machine.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().or_else(|| six.to_ipv4()).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn is_shut(address: IpAddr) -> bool {
    /// Where clouds that do not use a link-local address answer machines: Alibaba's, and Amazon's over IPv6.
    const METADATA_4: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    const METADATA_6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);
    match address {
        IpAddr::V4(it) => it.is_link_local() || it == METADATA_4 || it.is_broadcast(),
        IpAddr::V6(it) => it.is_unicast_link_local() || it == METADATA_6,
    }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let same = |a: u128, b: u128, width: u32| {
        let rest = width.saturating_sub(u32::from(bits));
        a.checked_shr(rest).unwrap_or(0) == b.checked_shr(rest).unwrap_or(0)
    };
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

/// Finds the addresses of a name, and keeps those that may be asked: what is checked is what is then asked.
impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let open: Vec<SocketAddr> = found.iter().copied().filter(|it| reach.may_ask(it.ip())).collect();
            if open.is_empty() && !found.is_empty() {
                return Err(refusal(&found[0].ip().to_string()).into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

/// Says why an address is not asked, and what to do if it should be.
pub(super) fn refusal(address: &str) -> String {
    format!("`{address}` is link-local or tells machines their credentials; `{ALLOW_ADDRESSES}={address}` opens it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn credentials_of_machines_are_out_of_reach_however_they_are_written() {
        for shut in ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200"] {
            assert!(!Reach::default().may_ask(address(shut)), "{shut}");
        }
        for open in ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "93.184.216.34", "fd00::1", "2001:db8::1"] {
            assert!(Reach::default().may_ask(address(open)), "{open}");
        }
    }

    #[test]
    fn a_network_can_be_opened() {
        let reach = Reach::read("169.254.10.0/24, nonsense, fe80::/10,::/x");
        assert!(reach.may_ask(address("169.254.10.7")) && reach.may_ask(address("fe80::7")));
        assert!(!reach.may_ask(address("169.254.11.7")));
        assert!(Reach::read("0.0.0.0/0").may_ask(address("169.254.169.254")));
        assert!(!Reach::read("").may_ask(address("169.254.169.254")));
    }
}
