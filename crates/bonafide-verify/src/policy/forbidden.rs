//! The environment variable that forbids grants.

/// If it is set to a value other than the empty one and `0`, building a policy with a grant fails.
const VARIABLE: &str = "BONAFIDE_FORBID_DANGER";

/// Whether grants are forbidden in this process.
pub(crate) fn is_set() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty() && value != "0")
}
