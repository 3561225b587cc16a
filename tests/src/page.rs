//! A page that compresses well, as servers have it in a file.

/// The page that nginx, Apache and Caddy serve: 3,000 lines, 60,000 bytes.
pub fn page() -> String {
    (1..=3_000)
        .map(|number| format!("line {number:>4} of a page\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_size_that_tests_count_on() {
        assert_eq!(page().len(), 60_000);
        assert!(page().starts_with("line    1 of a page\nline    2 of a page\n"));
    }
}
