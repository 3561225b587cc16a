//! The variable that forbids grants, whatever a program asks for.

/// When set to anything but nothing or `0`, a policy with a grant does not build.
const VARIABLE: &str = "BONAFIDE_FORBID_DANGER";

/// Whether grants are forbidden to this process.
pub(crate) fn is_set() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty() && value != "0")
}
