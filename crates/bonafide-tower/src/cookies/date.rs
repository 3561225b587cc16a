//! The dates of `Expires`: RFC 6265bis section 5.1.1, which reads what servers have been sending.

/// The seconds since 1970 of the first date that `text` is read as; `None` if it is not a date.
pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(|byte| is_delimiter(*byte)) {
        if token.is_empty() {
            continue;
        }
        if time.is_none() {
            time = time_of(token);
            if time.is_some() {
                continue;
            }
        }
        if day.is_none() {
            day = number(token, 1, 2);
            if day.is_some() {
                continue;
            }
        }
        if month.is_none() {
            month = month_of(token);
            if month.is_some() {
                continue;
            }
        }
        if year.is_none() {
            year = number(token, 2, 4);
        }
    }
    let ((hour, minute, second), day, month, year) = (time?, day?, month?, year?);
    let year = match year {
        70..=99 => year + 1900,
        0..=69 => year + 2000,
        _ => year,
    };
    let exists = year >= 1601
        && (1..=days_in(month, year)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 59;
    exists.then(|| days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// `delimiter` of the grammar.
const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// The number of `least` to `most` digits that `token` begins with, if no further digit follows.
fn number(token: &[u8], least: usize, most: usize) -> Option<i64> {
    let digits = token.iter().take_while(|byte| byte.is_ascii_digit());
    let digits = &token[..digits.count()];
    (least..=most).contains(&digits.len()).then(|| {
        let value = |sum: i64, digit: &u8| sum * 10 + i64::from(digit - b'0');
        digits.iter().fold(0, value)
    })
}

/// `hms-time`: three numbers of one or two digits, and what follows them is not a digit.
fn time_of(token: &[u8]) -> Option<(i64, i64, i64)> {
    let mut fields = token.splitn(3, |byte| *byte == b':');
    let whole =
        |field: &[u8]| number(field, 1, 2).filter(|_| field.len() <= 2 && all_digits(field));
    let hour = whole(fields.next()?)?;
    let minute = whole(fields.next()?)?;
    let second = number(fields.next()?, 1, 2)?;
    Some((hour, minute, second))
}

fn all_digits(field: &[u8]) -> bool {
    field.iter().all(u8::is_ascii_digit)
}

/// The month, from 1, whose English name `token` begins with the first three letters of.
fn month_of(token: &[u8]) -> Option<i64> {
    const MONTHS: [&[u8]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let name = token.get(..3)?;
    (1..)
        .zip(MONTHS)
        .find_map(|(month, letters)| name.eq_ignore_ascii_case(letters).then_some(month))
}

const fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// In the Gregorian calendar, for years from 1 on.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let years = before * 365 + before / 4 - before / 100 + before / 400;
    let months: i64 = (1..month).map(|month| days_in(month, year)).sum();
    // 719,162 days from 0001-01-01 to 1970-01-01.
    years + months + day - 1 - 719_162
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_servers_write_them() {
        // text, seconds since 1970
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777)),
            ("94 6 november 8:49:37", None),
            ("6 NOVEMBER 94 8:49:37", Some(784_111_777)),
            ("6 Nov 69 00:00:00", Some(3_150_921_600)),
            ("6 Nov 70 00:00:00", Some(26_697_600)),
            ("29 Feb 2000 00:00:00", Some(951_782_400)),
            ("29 Feb 1900 00:00:00", None),
            ("31 Apr 2030 00:00:00", None),
            ("0 Apr 2030 00:00:00", None),
            ("1 Apr 1600 00:00:00", None),
            ("1 Jan 1601 00:00:00", Some(-11_644_473_600)),
            ("1 Apr 12030 00:00:00", None),
            ("1 Apr 2030 24:00:00", None),
            ("1 Apr 2030 00:60:00", None),
            ("1 Apr 2030 00:00:60", None),
            ("1 Apr 2030 000:00:00", None),
            ("1 Apr 2030 00:00:000", None),
            ("1 Apr 2030 00:00:00x9", Some(1_901_232_000)),
            ("1st Apr 2030th 00:00:00", Some(1_901_232_000)),
            ("1 Ap 2030 00:00:00", None),
            ("1 Apr 00:00:00", None),
            ("", None),
        ] {
            assert_eq!(parse(text.as_bytes()), seconds, "{text}");
        }
    }
}
