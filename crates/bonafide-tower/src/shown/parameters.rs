//! Parameters of a query whose values are secret.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::REDACTED;

/// The keys that OpenTelemetry redacts by default in `url.query` and `url.full`: semantic
/// conventions 1.44.0, `model/url/registry.yaml`. They are what signs a URL at Amazon, Azure and
/// Google.
const OF_OPENTELEMETRY: [&str; 7] = [
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
];

/// Keys of other secrets: API keys (`key` at Google, `code` at Azure Functions, `auth` at
/// Firebase), `code` of OAuth 2.0 (RFC 6749 section 4.1.2), and common names of passwords.
const OTHERS: [&str; 7] = ["key", "code", "auth", "jwt", "pass", "pwd", "otp"];

/// Ends of the keys of other secrets: `access_token` (RFC 6750 section 2.3), `refresh_token`,
/// `id_token`, `X-Goog-Credential`, `client_secret` (RFC 6749 section 2.3.1), `client_assertion`
/// (RFC 7521 section 4.2), `api_key`, `user[password]` and similar names.
const ENDS: [&str; 10] = [
    "token",
    "signature",
    "credential",
    "credentials",
    "secret",
    "password",
    "passwd",
    "apikey",
    "accesskey",
    "assertion",
];

/// Whether the value of `key` is secret. OpenTelemetry compares keys by case; this function
/// compares letters and digits alone, without case and percent-encoding, so that `api_key`,
/// `apiKey` and `API-Key` are equal.
fn is_secret(key: &str) -> bool {
    let key: String = plain(percent_decode_str(key)).collect();
    let mut whole = OF_OPENTELEMETRY.iter().chain(&OTHERS);
    whole.any(|secret| plain(secret.bytes()).eq(key.chars()))
        || ENDS.iter().any(|end| key.ends_with(end))
}

fn plain(key: impl Iterator<Item = u8>) -> impl Iterator<Item = char> {
    key.filter(u8::is_ascii_alphanumeric)
        .map(|byte| char::from(byte.to_ascii_lowercase()))
}

/// A query with its secret values redacted. Where `;` separates parameters too, no byte that may
/// belong to a secret value is shown.
pub(super) struct Query<'a>(pub(super) &'a str);

impl fmt::Display for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, parameter) in self.0.split('&').enumerate() {
            if index > 0 {
                f.write_str("&")?;
            }
            match secret_value(parameter) {
                Some(start) => write!(f, "{}{REDACTED}", &parameter[..start])?,
                None => f.write_str(parameter)?,
            }
        }
        Ok(())
    }
}

/// Where in `parameter` a secret value starts.
fn secret_value(parameter: &str) -> Option<usize> {
    let mut start = 0;
    for part in parameter.split(';') {
        if let Some((key, _)) = part.split_once('=')
            && is_secret(key)
        {
            return Some(start + key.len() + "=".len());
        }
        start += part.len() + ";".len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opentelemetry_lists_is_redacted_in_any_case() {
        for key in OF_OPENTELEMETRY {
            for key in [
                key.to_owned(),
                key.to_ascii_lowercase(),
                key.to_ascii_uppercase(),
                format!("%{:02x}{}", key.as_bytes()[0], &key[1..]),
            ] {
                let query = format!("a=b&{key}=s3cret&c");
                assert_eq!(
                    Query(&query).to_string(),
                    format!("a=b&{key}=REDACTED&c"),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn secrets_of_other_names_are_redacted_and_the_rest_stays() {
        for (query, shown) in [
            ("access_token=s&x=1", "access_token=REDACTED&x=1"),
            ("api_key=s&apiKey=s", "api_key=REDACTED&apiKey=REDACTED"),
            ("user[password]=s", "user[password]=REDACTED"),
            ("key=s&code=s", "key=REDACTED&code=REDACTED"),
            ("a=1;sig=s;t=u&b=2", "a=1;sig=REDACTED&b=2"),
            ("sig=a=b;c", "sig=REDACTED"),
            ("token", "token"),
            (
                "monkey=1&design=2&author=3&postcode=4",
                "monkey=1&design=2&author=3&postcode=4",
            ),
            ("", ""),
        ] {
            assert_eq!(Query(query).to_string(), shown);
        }
    }
}
