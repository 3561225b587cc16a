//! Name constraints (RFC 5280, 4.2.1.10): reads those of an anchor, and writes those that result
//! from a fence around it.
//!
//! rustls-webpki treats a kind of name without a permitted subtree as unrestricted. A kind of which
//! no name is left is therefore excluded as a whole.

use std::net::IpAddr;

use der::asn1::AnyRef;
use der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag, TagNumber, Tagged as _};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Fence;
use super::subtree::{DnsSubtree, common_network};

const PERMITTED: Tag = tag(0, true);
const EXCLUDED: Tag = tag(1, true);
const DNS_NAME: Tag = tag(2, false);
const IP_ADDRESS: Tag = tag(7, false);

const EVERY_DNS_NAME: &[u8] = &[];
/// Address and mask of `0.0.0.0/0` and of `::/0`.
const EVERY_ADDRESS: [&[u8]; 2] = [&[0; 8], &[0; 32]];

/// The anchor has name constraints that cannot be read, so they cannot be intersected with a fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Unfenceable;

impl From<der::Error> for Unfenceable {
    fn from(_: der::Error) -> Self {
        Self
    }
}

/// The constraints in the certificate of an anchor.
#[derive(Default)]
struct Own<'a> {
    /// The permitted subtrees of each kind; `None` if the kind is not restricted.
    dns: Option<Vec<DnsSubtree>>,
    networks: Option<Vec<IpNet>>,
    /// The permitted subtrees of other kinds, encoded.
    others: Vec<u8>,
    /// All excluded subtrees, encoded.
    excluded: &'a [u8],
}

pub(super) fn fenced(fence: &Fence, own: Option<&[u8]>) -> Result<Vec<u8>, Unfenceable> {
    let own = own.map(read).transpose()?.unwrap_or_default();
    let mut permitted = own.others;
    let mut excluded = own.excluded.to_vec();

    let dns = common(&fence.dns, own.dns, DnsSubtree::intersection);
    for subtree in &dns {
        push_subtree(&mut permitted, DNS_NAME, subtree.to_string().as_bytes())?;
    }
    if dns.is_empty() {
        push_subtree(&mut excluded, DNS_NAME, EVERY_DNS_NAME)?;
    }
    let networks = common(&fence.networks, own.networks, common_network);
    for network in &networks {
        push_subtree(&mut permitted, IP_ADDRESS, &address_and_mask(network))?;
    }
    if networks.is_empty() {
        for everything in EVERY_ADDRESS {
            push_subtree(&mut excluded, IP_ADDRESS, everything)?;
        }
    }

    let mut constraints = Vec::new();
    for (tag, subtrees) in [(PERMITTED, permitted), (EXCLUDED, excluded)] {
        if !subtrees.is_empty() {
            constraints.extend(AnyRef::new(tag, &subtrees)?.to_der()?);
        }
    }
    Ok(constraints)
}

/// The names of one kind that both the fence and the anchor's own subtrees permit.
fn common<T: Clone + PartialEq>(
    fence: &[T],
    own: Option<Vec<T>>,
    intersection: impl Fn(&T, &T) -> Option<T>,
) -> Vec<T> {
    let Some(own) = own else {
        return fence.to_vec();
    };
    let mut common = Vec::new();
    for one in fence {
        for found in own.iter().filter_map(|other| intersection(one, other)) {
            if !common.contains(&found) {
                common.push(found);
            }
        }
    }
    common
}

/// Reads the content of a `NameConstraints`.
fn read(constraints: &[u8]) -> Result<Own<'_>, Unfenceable> {
    let mut own = Own::default();
    let mut reader = SliceReader::new(constraints)?;
    let mut subtrees = |expected| {
        if reader.is_finished() || Tag::peek(&reader)? != expected {
            return Ok(None);
        }
        AnyRef::decode(&mut reader).map(|subtrees| Some(subtrees.value()))
    };
    if let Some(permitted) = subtrees(PERMITTED)? {
        read_permitted(permitted, &mut own)?;
    }
    own.excluded = subtrees(EXCLUDED)?.unwrap_or_default();
    reader.finish()?;
    Ok(own)
}

fn read_permitted(subtrees: &[u8], own: &mut Own<'_>) -> Result<(), Unfenceable> {
    let mut reader = SliceReader::new(subtrees)?;
    while !reader.is_finished() {
        let subtree = AnyRef::decode(&mut reader)?;
        subtree.tag().assert_eq(Tag::Sequence)?;
        // The base alone: `minimum` and `maximum` are not used (RFC 5280, 4.2.1.10).
        let base = AnyRef::from_der(subtree.value())?;
        match base.tag() {
            DNS_NAME => own
                .dns
                .get_or_insert_default()
                .push(DnsSubtree::from_constraint(base.value()).ok_or(Unfenceable)?),
            IP_ADDRESS => own
                .networks
                .get_or_insert_default()
                .push(network(base.value()).ok_or(Unfenceable)?),
            _ => own.others.extend(subtree.to_der()?),
        }
    }
    Ok(())
}

/// Reads the address and the mask of an `iPAddress` constraint.
fn network(bytes: &[u8]) -> Option<IpNet> {
    let (address, mask): (IpAddr, IpAddr) = match bytes.len() {
        8 => {
            let (address, mask) = bytes.split_first_chunk::<4>()?;
            (
                IpAddr::from(*address),
                IpAddr::from(<[u8; 4]>::try_from(mask).ok()?),
            )
        }
        32 => {
            let (address, mask) = bytes.split_first_chunk::<16>()?;
            (
                IpAddr::from(*address),
                IpAddr::from(<[u8; 16]>::try_from(mask).ok()?),
            )
        }
        _ => return None,
    };
    Some(IpNet::with_netmask(address, mask).ok()?.trunc())
}

fn address_and_mask(network: &IpNet) -> Vec<u8> {
    match network {
        IpNet::V4(network) => v4(network).concat(),
        IpNet::V6(network) => v6(network).concat(),
    }
}

fn v4(network: &Ipv4Net) -> [[u8; 4]; 2] {
    [network.addr().octets(), network.netmask().octets()]
}

fn v6(network: &Ipv6Net) -> [[u8; 16]; 2] {
    [network.addr().octets(), network.netmask().octets()]
}

/// Appends a `GeneralSubtree` with one name as its base.
fn push_subtree(to: &mut Vec<u8>, kind: Tag, name: &[u8]) -> Result<(), der::Error> {
    let base = AnyRef::new(kind, name)?.to_der()?;
    to.extend(AnyRef::new(Tag::Sequence, &base)?.to_der()?);
    Ok(())
}

const fn tag(number: u32, constructed: bool) -> Tag {
    Tag::ContextSpecific {
        constructed,
        number: TagNumber(number),
    }
}
