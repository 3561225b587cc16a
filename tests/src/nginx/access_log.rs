//! nginx's access log.

use crate::running::complete_lines;

/// The variables of a line, in the order of the fields of [`LoggedRequest`].
pub(super) const FORMAT: &str = "$server_name $ssl_server_name $server_protocol $connection \
                                 $connection_requests $ssl_protocol $ssl_session_reused $status $uri \
                                 early=$early client=$ssl_client_s_dn";

/// A request, as nginx has seen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The name of the site that answered (`$server_name`).
    pub site: String,
    /// The server name of the handshake (`$ssl_server_name`), where there was one.
    pub sni: Option<String>,
    /// `HTTP/1.1` or `HTTP/2.0` (`$server_protocol`).
    pub protocol: String,
    /// The number of the connection (`$connection`), unlike that of any other.
    pub connection: u64,
    /// The how manieth request of its connection this is (`$connection_requests`), from 1.
    pub number: u64,
    /// `TLSv1.2` or `TLSv1.3` (`$ssl_protocol`).
    pub tls: String,
    /// Whether the TLS session is an earlier one, resumed (`$ssl_session_reused`).
    pub resumed: bool,
    /// The status of the response (`$status`).
    pub status: u16,
    /// The path (`$uri`).
    pub path: String,
    /// Whether the request came before the handshake had ended (`$ssl_early_data`, RFC 8446 section
    /// 2.3).
    pub early: bool,
    /// The subject of the client's certificate (`$ssl_client_s_dn`), where one was shown.
    pub client: Option<String>,
}

/// The requests of the log's complete lines.
pub(super) fn read(log: &str) -> Vec<LoggedRequest> {
    complete_lines(log)
        .iter()
        .map(|line| parse(line).unwrap_or_else(|| panic!("an odd line in the log: {line:?}")))
        .collect()
}

fn parse(line: &str) -> Option<LoggedRequest> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    Some(LoggedRequest {
        site: next()?.to_owned(),
        sni: Some(next()?.to_owned()).filter(|sni| sni != "-"),
        protocol: next()?.to_owned(),
        connection: next()?.parse().ok()?,
        number: next()?.parse().ok()?,
        tls: next()?.to_owned(),
        resumed: match next()? {
            "r" => true,
            "." => false,
            _ => return None,
        },
        status: next()?.parse().ok()?,
        path: next()?.to_owned(),
        early: match next()? {
            "early=1" => true,
            "early=" => false,
            _ => return None,
        },
        client: Some(next()?.strip_prefix("client=")?.to_owned()).filter(|name| name != "-"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_lines_alone_are_read() {
        let log = "one.test - HTTP/2.0 7 2 TLSv1.3 r 200 /a early=1 client=CN=alice\none.test HT";
        let request = LoggedRequest {
            site: "one.test".to_owned(),
            sni: None,
            protocol: "HTTP/2.0".to_owned(),
            connection: 7,
            number: 2,
            tls: "TLSv1.3".to_owned(),
            resumed: true,
            status: 200,
            path: "/a".to_owned(),
            early: true,
            client: Some("CN=alice".to_owned()),
        };
        assert_eq!(read(log), [request]);
    }
}
