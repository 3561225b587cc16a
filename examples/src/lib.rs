//! Examples of bonafide, each a program that needs no network: they start their servers themselves.
//!
//! | example | shows |
//! |---|---|
//! | `quickstart` | a verified request with its receipt, and six bad servers refused; with a URL, a request to a real server |
//! | `explain` | why a server was refused, as a text of several lines, and what would help; with a URL, for a real server |
//! | `custom_ca` | a private CA from memory, from a file, and beside the system's store |
//! | `pinned` | pins, and what happens when a server's key is another one |
//! | `pins` | pin files made from a host, a chain, a request or a key, with advice; signed bundles of them |
//! | `policy_check` | what a program trusts, kept in a file and compared with it in its CI |
//! | `zones` | hosts with anchors, client certificates and TLS versions of their own, in a closed policy |
//! | `tower_stack` | the client inside a tower stack that demands verified, pinned HTTPS |
//! | `waterfall` | what a listener is notified of, as a waterfall, and where the time of two calls went |
//! | `multipart` | a form with a text, a streamed file with its progress, a hostile file name and a time limit, and what the server received |
//! | `cookies` | a jar for each user, a login, and the cookie that is sent after its redirect |
//! | `blocking` | a program without async code: a request, a receipt, and a download by `io::copy` |
//! | `download` | a download that breaks off and goes on, with its progress, and one with another digest, which does not appear |
//! | `mock` | tests of a small API client: over a server with a script, and over a closure under paused time |
//! | `events` | server-sent events of a server that stops in between, and where the stream goes on |
//! | `any_rustls_client` | the same policy inside reqwest |
//! | `danger_localhost` | a grant: the loud, dated exception, with `--features danger-insecure-grants` |

/// The examples of the project's front page compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct FrontPage;

/// The examples of the guide to pins run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/pinning.md")]
struct Pinning;

/// The examples of the page about policies that change compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/policies.md")]
struct Policies;

/// The example of the page about secrets compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/secrets.md")]
struct Secrets;

/// The examples of the guide to tests run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/testing.md")]
struct Testing;

/// The examples of the page for those who come from reqwest compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-reqwest.md")]
struct FromReqwest;
