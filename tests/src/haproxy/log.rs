//! HAProxy's log.

use crate::terminator::Served;

/// A line for each request.
pub(super) const FORMAT: &str =
    "served %cp %HV %sslv %[ssl_fc_is_resumed] client=CN=%[ssl_c_s_dn(cn)]";
/// A line for each handshake that failed.
pub(super) const REFUSED: &str = "refused %cp %[ssl_fc_is_resumed] %[ssl_fc_err_str]";

/// The requests of the log's complete lines.
pub(super) fn served(log: &str) -> Vec<Served> {
    lines(log)
        .filter_map(|line| line.strip_prefix("served "))
        .map(|line| parse(line).unwrap_or_else(|| panic!("an odd line in the log: {line:?}")))
        .collect()
}

/// The handshakes that clients have ended with an alert.
pub(super) fn refused(log: &str) -> usize {
    lines(log)
        .filter(|line| line.starts_with("refused ") && line.contains("alert"))
        .count()
}

fn lines(log: &str) -> impl Iterator<Item = &str> {
    log.rfind('\n').map_or("", |end| &log[..end]).lines()
}

fn parse(line: &str) -> Option<Served> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    Some(Served {
        // The client's port, which no other connection has for as long as a test takes.
        connection: next()?.parse().ok()?,
        protocol: next()?.to_owned(),
        tls: next()?.to_owned(),
        resumed: match next()? {
            "1" => true,
            "0" => false,
            _ => return None,
        },
        client: Some(next()?.strip_prefix("client=")?.to_owned())
            .filter(|name| name != "CN=" && name != "CN=-"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_lines_of_requests_are_read_and_alerts_counted() {
        let log = "[NOTICE] starts\n\
                   served 40001 HTTP/2.0 TLSv1.2 1 client=CN=alice\n\
                   refused 40002 0 error:0A000418:SSL routines::tlsv1 alert unknown ca\n\
                   refused 40003 0 -\n\
                   served 40004 HT";
        let request = Served {
            connection: 40001,
            protocol: "HTTP/2.0".to_owned(),
            tls: "TLSv1.2".to_owned(),
            resumed: true,
            client: Some("CN=alice".to_owned()),
        };
        assert_eq!(served(log), [request]);
        assert_eq!(refused(log), 1);
    }
}
