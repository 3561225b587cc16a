//! Squid, as a proxy that tunnels with `CONNECT`.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;

use crate::loopback::free_port;
use crate::program::Program;
use crate::running::{Ended, Running};
use crate::scratch::Scratch;

const CONFIG: &str = "squid.conf";
const AUTH: &str = "auth.sh";
/// What it logs once its socket listens.
const READY: &str = "Accepting HTTP Socket connections";
const TRIES: usize = 5;
/// Where the operating system shows shared memory. Squid leaves its own behind when it is killed.
const SHARED_MEMORY: &str = "/dev/shm";

/// A running Squid; it ends when this is dropped.
#[derive(Debug)]
pub struct Squid {
    /// Ends first.
    _running: Running,
    _memory: Memory,
    address: SocketAddr,
}

impl Squid {
    /// Starts one that demands `user` and `password`, and forbids tunnels to `closed`. `None`, with
    /// a word on stderr, where there is no Squid.
    ///
    /// # Panics
    /// If it does not start to listen, or is missing and the variable `CI` is set.
    pub async fn demanding(user: &str, password: &str, closed: u16) -> Option<Self> {
        let program = Program::find("squid")?;
        for _ in 0..TRIES {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
            let name = format!("bonafide{}", address.port());
            let scratch = Scratch::new();
            // As root it gives up its rights, and its helper has to read a file here.
            fs::set_permissions(scratch.path(), Permissions::from_mode(0o755))
                .expect("the temporary folder is ours");
            let auth = scratch.write(
                AUTH,
                format!(
                    "while read line; do [ \"$line\" = \"{user} {password}\" ] && echo OK || echo ERR; done\n"
                ),
            );
            scratch.write(CONFIG, config(address, &auth.display().to_string(), closed));
            let memory = Memory(name.clone());
            let arguments = ["-N", "-d1", "-n", &name, "-f", CONFIG];
            let mut running = Running::start(&program, scratch, arguments);
            let listening = running
                .until("squid to listen", |squid| {
                    squid.log().contains(READY).then_some(())
                })
                .await;
            match listening {
                Ok(()) => {
                    return Some(Self {
                        _running: running,
                        _memory: memory,
                        address,
                    });
                }
                Err(Ended) if running.log().contains("Unable to open HTTP Socket") => {}
                Err(Ended) => panic!("squid ended before it listened: {}", running.log()),
            }
        }
        panic!("{TRIES} times another process took the port that was free for squid")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn config(address: SocketAddr, auth: &str, closed: u16) -> String {
    format!(
        "http_port {address}\n\
         pid_filename none\n\
         access_log none\n\
         cache_log /dev/null\n\
         coredump_dir /\n\
         cache deny all\n\
         visible_hostname squid.test\n\
         auth_param basic program /bin/sh {auth}\n\
         auth_param basic children 1\n\
         auth_param basic realm squid of the tests\n\
         acl known proxy_auth REQUIRED\n\
         acl closed port {closed}\n\
         http_access deny closed\n\
         http_access deny !known\n\
         http_access allow all\n"
    )
}

/// The shared memory of the Squid of this name, taken away when dropped.
#[derive(Debug)]
struct Memory(String);

impl Drop for Memory {
    fn drop(&mut self) {
        let Ok(segments) = fs::read_dir(SHARED_MEMORY) else {
            return;
        };
        let start = format!("{}-", self.0);
        for segment in segments.flatten() {
            if segment.file_name().to_string_lossy().starts_with(&start) {
                // Gone already if Squid ended by itself.
                drop(fs::remove_file(segment.path()));
            }
        }
    }
}
