//! Reads the values of a pin file.

use std::borrow::Cow;
use std::collections::HashMap;

use rustls_pki_types::UnixTime;

use super::document::{Document, Node, Value};
use super::error::{PinFileError, PinFileProblem};
use crate::check::Mode;
use crate::config::clock::Rfc3339Time;
use crate::host::pattern::HostPattern;
use crate::pins::entry::{Backup, Lifetime, OnExpiredPins, PinRole, Pins};
use crate::pins::set::PinSet;
use crate::text::excerpt;
use crate::x509::spki::{PinError, SpkiSha256};

/// The version of the format.
pub(super) const VERSION: u64 = 1;
/// The value of `expires` for pins that never expire.
pub(super) const NEVER: &str = "never";

pub(super) const FILE_FIELDS: &[&str] = &["version", "count", "hosts"];
const PAYLOAD_FIELDS: &[&str] = &["version", "count", "bundle", "hosts"];
const BUNDLE_FIELDS: &[&str] = &["name", "version", "expires"];
pub(super) const HOST_FIELDS: &[&str] = &["host", "mode", "backup", "expires", "on-expiry", "pins"];
pub(super) const PIN_FIELDS: &[&str] = &["role", "pin"];

pub(super) const MODES: &[&str] = &["enforce", "report-only"];
pub(super) const BACKUPS: &[&str] = &["required", "waived"];
pub(super) const ON_EXPIRY: &[&str] = &["refuse", "unpinned"];
pub(super) const ROLES: &[&str] = &["leaf", "ca", "any"];

const A_TABLE: &str = "a table";
const A_LIST: &str = "a list";
const A_TEXT: &str = "a text";
const A_NUMBER: &str = "a whole number";

/// Maximum length of a bundle's name.
const MAX_NAME: usize = 64;

/// The bundle's own description in a signed payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pins) struct BundleHeader {
    pub(in crate::pins) name: String,
    pub(in crate::pins) version: u64,
    pub(in crate::pins) expires: UnixTime,
}

/// Reads a pin file.
pub(super) fn read_set<'a>(
    document: &Document<'a>,
    root: Node<'a>,
) -> Result<PinSet, PinFileError> {
    let file = File::open(document, root, FILE_FIELDS)?;
    PinSet::checked(file.hosts()?)
        .map_err(|error| document.problem(None, PinFileProblem::Pin(error)))
}

/// Reads the payload of a bundle, which is TOML.
pub(in crate::pins) fn read_payload(
    file: &str,
    bytes: &[u8],
) -> Result<(BundleHeader, Vec<Pins>), PinFileError> {
    let document = Document::new(file, bytes)?;
    let table = document.parse_toml()?;
    let file = File::open(&document, table.root(), PAYLOAD_FIELDS)?;
    Ok((file.bundle()?, file.hosts()?))
}

/// The outermost table of a file.
struct File<'d, 'a> {
    document: &'d Document<'a>,
    top: Table<'a>,
}

/// A table whose fields are all known.
struct Table<'a> {
    at: usize,
    fields: Vec<(Cow<'a, str>, Node<'a>)>,
}

impl<'a> Table<'a> {
    fn optional(&self, field: &str) -> Option<Node<'a>> {
        let (_, node) = self.fields.iter().find(|(name, _)| name == field)?;
        Some(*node)
    }
}

impl<'a> File<'_, 'a> {
    fn open<'d>(
        document: &'d Document<'a>,
        root: Node<'a>,
        known: &'static [&'static str],
    ) -> Result<File<'d, 'a>, PinFileError> {
        let mut file = File {
            document,
            top: Table {
                at: root.at,
                fields: Vec::new(),
            },
        };
        file.top = file.any_table(root, "the file")?;
        // A later version may have other fields: the version is checked first.
        let version = file.required(&file.top, "version")?;
        let found = file.number(version, "version")?;
        if found != VERSION {
            return Err(file.fault(version, PinFileProblem::UnsupportedVersion { found }));
        }
        file.knows(&file.top, known)?;
        Ok(file)
    }

    fn hosts(&self) -> Result<Vec<Pins>, PinFileError> {
        let count = self.required(&self.top, "count")?;
        let declared = self.number(count, "count")?;
        let entries = match self.top.optional("hosts") {
            Some(hosts) => self.array(hosts, "hosts")?,
            None => Vec::new(),
        };
        let found = entries.len();
        if u64::try_from(found) != Ok(declared) {
            return Err(self.fault(count, PinFileProblem::Count { declared, found }));
        }
        let mut hosts = Vec::with_capacity(entries.len());
        let mut seen = HashMap::new();
        for node in entries {
            let (pattern_node, pins) = self.host(node)?;
            if let Some(first) = seen.insert(pins.pattern().clone(), pattern_node.at) {
                let problem = PinFileProblem::DuplicateHost {
                    host: pins.pattern().to_string(),
                    first_line: self.document.line(first),
                };
                return Err(self.fault(pattern_node, problem));
            }
            hosts.push(pins);
        }
        Ok(hosts)
    }

    fn bundle(&self) -> Result<BundleHeader, PinFileError> {
        let node = self.required(&self.top, "bundle")?;
        let table = self.table(node, "bundle", BUNDLE_FIELDS)?;
        let name_node = self.required(&table, "name")?;
        let name = self.text(name_node, "name")?;
        if !is_bundle_name(&name) {
            let found = excerpt(&name);
            return Err(self.fault(name_node, PinFileProblem::BundleName { found }));
        }
        let version = self.required(&table, "version")?;
        let expires = self.required(&table, "expires")?;
        Ok(BundleHeader {
            name: name.into_owned(),
            version: self.number(version, "version")?,
            expires: self.time(expires, &self.text(expires, "expires")?)?,
        })
    }

    /// One entry of `hosts`, with the position of its pattern.
    fn host(&self, node: Node<'a>) -> Result<(Node<'a>, Pins), PinFileError> {
        let table = self.table(node, "hosts", HOST_FIELDS)?;
        let host = self.required(&table, "host")?;
        let pattern: HostPattern = self
            .text(host, "host")?
            .parse()
            .map_err(|error| self.fault(host, PinFileProblem::Host(error)))?;
        let mode = match self.chosen(&table, "mode", MODES)? {
            Some("report-only") => Mode::ReportOnly,
            _ => Mode::Enforce,
        };
        let backup = match self.chosen(&table, "backup", BACKUPS)? {
            Some("waived") => Backup::Waived,
            _ => Backup::Required,
        };
        let lifetime = self.lifetime(&table)?;
        let list = self.required(&table, "pins")?;
        let mut pins = Vec::new();
        for pin in self.array(list, "pins")? {
            pins.push(self.pin(pin)?);
        }
        let pins = Pins::checked(pattern, pins, Some(lifetime), backup, mode)
            .map_err(|error| self.fault(list, PinFileProblem::Pin(error)))?;
        Ok((host, pins))
    }

    fn lifetime(&self, table: &Table<'a>) -> Result<Lifetime, PinFileError> {
        let expires = self.required(table, "expires")?;
        let text = self.text(expires, "expires")?;
        if text == NEVER {
            return match table.optional("on-expiry") {
                Some(choice) => Err(self.fault(choice, PinFileProblem::OnExpiryOfNever)),
                None => Ok(Lifetime::Endless),
            };
        }
        let expiry = self.time(expires, &text)?;
        match self.chosen(table, "on-expiry", ON_EXPIRY)? {
            Some("unpinned") => Ok(Lifetime::Until(expiry, OnExpiredPins::Unpinned)),
            Some(_) => Ok(Lifetime::Until(expiry, OnExpiredPins::Refuse)),
            None => Err(self.missing(table, "on-expiry")),
        }
    }

    fn pin(&self, node: Node<'a>) -> Result<(PinRole, SpkiSha256), PinFileError> {
        let table = self.table(node, "pins", PIN_FIELDS)?;
        let role = match self.chosen(&table, "role", ROLES)? {
            Some("leaf") => PinRole::Leaf,
            Some("ca") => PinRole::Ca,
            Some(_) => PinRole::Any,
            None => return Err(self.missing(&table, "role")),
        };
        let pin = self.required(&table, "pin")?;
        let key = self
            .text(pin, "pin")?
            .parse()
            .map_err(|error: PinError| self.fault(pin, PinFileProblem::Pin(error)))?;
        Ok((role, key))
    }

    fn time(&self, node: Node<'a>, text: &str) -> Result<UnixTime, PinFileError> {
        let whole = match text.len() {
            10 => format!("{text}T00:00:00Z"),
            _ => text.to_owned(),
        };
        match whole.parse::<Rfc3339Time>() {
            Ok(Rfc3339Time(time)) => Ok(time),
            Err(_) => {
                let found = excerpt(text);
                Err(self.fault(node, PinFileProblem::Time { found }))
            }
        }
    }

    /// The value of a field with a fixed set of values; none if the field is absent.
    fn chosen(
        &self,
        table: &Table<'a>,
        field: &'static str,
        known: &'static [&'static str],
    ) -> Result<Option<&'static str>, PinFileError> {
        let Some(node) = table.optional(field) else {
            return Ok(None);
        };
        let text = self.text(node, field)?;
        match known.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(word)),
            None => {
                let found = excerpt(&text);
                Err(self.fault(
                    node,
                    PinFileProblem::UnknownValue {
                        field,
                        found,
                        known,
                    },
                ))
            }
        }
    }

    fn required(&self, table: &Table<'a>, field: &'static str) -> Result<Node<'a>, PinFileError> {
        table
            .optional(field)
            .ok_or_else(|| self.missing(table, field))
    }

    fn missing(&self, table: &Table<'a>, field: &'static str) -> PinFileError {
        self.document
            .problem(Some(table.at), PinFileProblem::MissingField { field })
    }

    fn table(
        &self,
        node: Node<'a>,
        field: &'static str,
        known: &'static [&'static str],
    ) -> Result<Table<'a>, PinFileError> {
        let table = self.any_table(node, field)?;
        self.knows(&table, known)?;
        Ok(table)
    }

    /// A table whose fields are all different.
    fn any_table(&self, node: Node<'a>, field: &'static str) -> Result<Table<'a>, PinFileError> {
        let fields = match self.document.open(node)? {
            Value::Table(fields) => fields,
            other => return Err(self.wrong_type(node, field, A_TABLE, &other)),
        };
        let mut seen = std::collections::HashSet::new();
        if let Some((name, twice)) = fields.iter().find(|(name, _)| !seen.insert(name)) {
            let field = excerpt(name);
            return Err(self.fault(*twice, PinFileProblem::DuplicateField { field }));
        }
        Ok(Table {
            at: node.at,
            fields,
        })
    }

    fn knows(&self, table: &Table<'a>, known: &'static [&'static str]) -> Result<(), PinFileError> {
        let unknown = table
            .fields
            .iter()
            .find(|(name, _)| !known.contains(&name.as_ref()));
        match unknown {
            None => Ok(()),
            Some((name, node)) => {
                let field = excerpt(name);
                Err(self.fault(*node, PinFileProblem::UnknownField { field, known }))
            }
        }
    }

    fn array(&self, node: Node<'a>, field: &'static str) -> Result<Vec<Node<'a>>, PinFileError> {
        match self.document.open(node)? {
            Value::Array(nodes) => Ok(nodes),
            other => Err(self.wrong_type(node, field, A_LIST, &other)),
        }
    }

    fn text(&self, node: Node<'a>, field: &'static str) -> Result<Cow<'a, str>, PinFileError> {
        match self.document.open(node)? {
            Value::Text(text) => Ok(text),
            other => Err(self.wrong_type(node, field, A_TEXT, &other)),
        }
    }

    fn number(&self, node: Node<'a>, field: &'static str) -> Result<u64, PinFileError> {
        match self.document.open(node)? {
            Value::Whole(number) => Ok(number),
            other => Err(self.wrong_type(node, field, A_NUMBER, &other)),
        }
    }

    fn wrong_type(
        &self,
        node: Node<'a>,
        field: &'static str,
        expected: &'static str,
        value: &Value<'_>,
    ) -> PinFileError {
        let found = match value {
            Value::Table(_) => A_TABLE,
            Value::Array(_) => A_LIST,
            Value::Text(_) => A_TEXT,
            Value::Whole(_) => A_NUMBER,
            Value::Other(kind) => kind,
        };
        self.fault(
            node,
            PinFileProblem::WrongType {
                field,
                expected,
                found,
            },
        )
    }

    fn fault(&self, node: Node<'a>, problem: PinFileProblem) -> PinFileError {
        self.document.problem(Some(node.at), problem)
    }
}

/// Whether this is a valid name of a bundle.
pub(in crate::pins) fn is_bundle_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}
