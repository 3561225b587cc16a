//! Apache's configuration.

use std::fmt::Write as _;
use std::fs::File;
use std::net::SocketAddr;
use std::time::{Duration, UNIX_EPOCH};

use async_compression::tokio::write::GzipEncoder;
use bonafide_testkit::Identity;
use md5::{Digest as _, Md5};
use tokio::io::AsyncWriteExt as _;

use super::{ACCESS_LOG, Apache, CONFIG, PID};
use crate::page::page;
use crate::scratch::Scratch;

/// Where Debian has the modules.
const MODULES: &str = "/usr/lib/apache2/modules";
/// The others are in the program itself.
const LOADED: [&str; 14] = [
    "mpm_event",
    "alias",
    "auth_digest",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "brotli",
    "deflate",
    "dir",
    "filter",
    "http2",
    "mime",
    "ssl",
];
const REALM: &str = "apache of the tests";

/// Writes the configuration, the pages and the password.
pub(super) async fn write(scratch: &Scratch, identity: &Identity, address: SocketAddr) {
    scratch.write("chain.pem", identity.chain_pem());
    scratch.write("key.pem", identity.key_pem());
    let (user, password) = (Apache::USER, Apache::PASSWORD);
    let hash: String = Md5::digest(format!("{user}:{REALM}:{password}"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    scratch.write("users", format!("{user}:{REALM}:{hash}\n"));
    scratch.folder("site/folder");
    scratch.write("site/folder/index.txt", "the folder's index\n");
    let written = scratch.write("site/page.txt", page());
    // A file that was changed less than a second ago has a weak validator.
    File::options()
        .write(true)
        .open(written)
        .and_then(|file| file.set_modified(UNIX_EPOCH + Duration::from_secs(1_700_000_000)))
        .expect("the temporary folder is writable");
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder
        .write_all(page().as_bytes())
        .await
        .expect("memory is writable");
    encoder.shutdown().await.expect("memory is writable");
    scratch.write("site/page.txt.gz", encoder.into_inner());

    let mut modules = String::new();
    for module in LOADED {
        writeln!(
            modules,
            "LoadModule {module}_module {MODULES}/mod_{module}.so"
        )
        .expect("a string takes everything");
    }
    let folder = scratch.path().display();
    scratch.write(
        CONFIG,
        format!(
            r#"
{modules}
ServerRoot "{folder}"
DefaultRuntimeDir "{folder}"
PidFile "{folder}/{PID}"
ErrorLog /dev/stderr
LogFormat "%m %U %>s %H" seen
CustomLog "{folder}/{ACCESS_LOG}" seen
Mutex file:{folder} default
# Where it runs as root.
User www-data
Group www-data
ServerName localhost
Listen {address}
Protocols h2 http/1.1
SSLEngine on
SSLCertificateFile chain.pem
SSLCertificateKeyFile key.pem
SSLSessionCache none
TypesConfig /dev/null
AddType text/plain .txt
AddEncoding x-gzip .gz
DirectoryIndex index.txt
DocumentRoot "{folder}/site"
<Directory "{folder}/site">
    Require all granted
</Directory>
AliasMatch "^/(br|gzip|private|brief)/(.*)$" "{folder}/site/$2"
<Location "/br/">
    SetOutputFilter BROTLI_COMPRESS
</Location>
<Location "/gzip/">
    SetOutputFilter DEFLATE
</Location>
<LocationMatch "^/(private|brief)/">
    AuthType Digest
    AuthName "{REALM}"
    AuthDigestProvider file
    AuthUserFile "{folder}/users"
    Require valid-user
</LocationMatch>
<Location "/brief/">
    AuthDigestNonceLifetime 1
</Location>
"#
        ),
    );
}
