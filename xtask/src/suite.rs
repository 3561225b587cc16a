//! How a corpus file names its suite. Both programs of this package read it.

use std::path::Path;

/// The first part of a file name: `limbo` of `limbo.json`, `bettertls` of
/// `bettertls.limbo.json.gz`.
pub(crate) fn of(corpus: &Path) -> &str {
    let name = corpus.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.split('.').next()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_named_by_the_first_part_of_its_file_name() {
        assert_eq!(of(Path::new("a/limbo.json")), "limbo");
        assert_eq!(of(Path::new("a/bettertls.limbo.json.gz")), "bettertls");
        assert_eq!(of(Path::new("..")), "");
    }
}
