//! Hosts that are known from the start.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Host;

use super::PreloadError;

/// The most bytes of a file: several times the list of browsers, which has some 100,000 hosts.
pub const MAX_PRELOAD_BYTES: u64 = 32 << 20;

/// Hosts that are requested only over https from the start. Clones share them.
///
/// Each line of a file has a host, followed by ` includeSubDomains` if the entry also covers its
/// subdomains. Empty lines, and text after a `#`, are ignored.
///
/// ```
/// use std::time::SystemTime;
///
/// use bonafide_tower::hsts::{HstsHosts, Preload};
/// use url::Url;
///
/// let preload = Preload::parse("
///     example.com includeSubDomains # our own
///     login.example.org
/// ")?;
/// let hosts = HstsHosts::new().with_preload(preload);
/// let url = Url::parse("http://www.example.com/")?;
/// assert!(hosts.upgrade(&url, SystemTime::now()).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The list that browsers share is that of Chromium
/// (`net/http/transport_security_state_static.json`); each entry with the mode `force-https` is a
/// line.
#[derive(Clone, Default)]
pub struct Preload {
    /// Whether the hosts under it are meant too.
    hosts: Arc<HashMap<Box<str>, bool>>,
}

impl Preload {
    /// Reads a file, of [`MAX_PRELOAD_BYTES`] at most. Blocks while it reads.
    ///
    /// # Errors
    ///
    /// [`PreloadError`] if it cannot be read, or if a line is wrong. Then no line of it is used.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, PreloadError> {
        let path: PathBuf = path.as_ref().to_owned();
        let mut text = String::new();
        let file = File::open(&path);
        let read = file.and_then(|file| file.take(MAX_PRELOAD_BYTES + 1).read_to_string(&mut text));
        match read {
            Err(source) => Err(PreloadError::Read { path, source }),
            Ok(bytes) if u64::try_from(bytes).is_ok_and(|bytes| bytes <= MAX_PRELOAD_BYTES) => {
                Self::parse(&text)
            }
            Ok(_) => Err(PreloadError::TooLarge {
                path,
                limit_bytes: MAX_PRELOAD_BYTES,
            }),
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// [`PreloadError::Line`] for the first wrong line.
    pub fn parse(text: &str) -> Result<Self, PreloadError> {
        let mut hosts = HashMap::new();
        for (at, line) in text.lines().enumerate() {
            let wrong = |problem| PreloadError::Line {
                line: at + 1,
                problem,
            };
            let line = line.split_once('#').map_or(line, |(line, _)| line);
            let mut words = line.split_ascii_whitespace();
            let Some(host) = words.next() else {
                continue;
            };
            let host = match Host::parse(host) {
                Ok(Host::Domain(host)) if host.bytes().all(is_of_a_name) => host,
                Ok(Host::Ipv4(_) | Host::Ipv6(_)) => {
                    return Err(wrong("an IP address cannot be in the list"));
                }
                _ => return Err(wrong("not a host")),
            };
            let include_subdomains = match words.next() {
                None => false,
                Some(word) if word.eq_ignore_ascii_case("includeSubDomains") => true,
                Some(_) => return Err(wrong("only includeSubDomains may follow the host")),
            };
            if words.next().is_some() {
                return Err(wrong("nothing may follow includeSubDomains"));
            }
            let host = host.strip_suffix('.').unwrap_or(&host);
            let included = hosts.entry(host.into()).or_insert(false);
            *included |= include_subdomains;
        }
        Ok(Self {
            hosts: Arc::new(hosts),
        })
    }

    /// How many hosts there are.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// Whether the hosts under `host` are meant too; `None` if it is not one of these.
    pub(super) fn get(&self, host: &str) -> Option<bool> {
        self.hosts.get(host).copied()
    }
}

/// What the names of hosts are made of. A URL may have more in them, such as `*`.
const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// How many hosts there are.
impl fmt::Debug for Preload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preload")
            .field("hosts", &self.len())
            .finish()
    }
}
