//! The client of the free functions.

use std::sync::OnceLock;

use super::Client;

/// One client for the whole process, made at its first use.
pub(crate) fn shared() -> &'static Client {
    static SHARED: OnceLock<Client> = OnceLock::new();
    SHARED.get_or_init(Client::new)
}
