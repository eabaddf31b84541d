//! What was built, in bytes: the table, its total, the limits, the list of files.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::Result;
use crate::error::Error;

/// One file, or the sum of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// As it is.
    pub raw: u64,
    /// Compressed with gzip.
    pub gzip: u64,
    /// Compressed with brotli.
    pub brotli: u64,
}

/// The files of the page.
#[derive(Debug, Default)]
pub struct Sizes {
    files: Vec<(String, Size)>,
}

impl Sizes {
    /// Reads what `scripts/compress.mjs` prints.
    pub fn parse(text: &str) -> Self {
        Self { files: text.lines().filter_map(line).collect() }
    }

    /// All that a visitor downloads: the page loads every one of its files.
    pub fn total(&self) -> Size {
        self.files.iter().fold(Size::default(), |sum, (_, size)| Size {
            raw: sum.raw.saturating_add(size.raw),
            gzip: sum.gzip.saturating_add(size.gzip),
            brotli: sum.brotli.saturating_add(size.brotli),
        })
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{:>10} {:>10} {:>10}  file", "bytes", "gzip", "brotli")?;
        for (name, size) in &self.files {
            writeln!(out, "{:>10} {:>10} {:>10}  {name}", size.raw, size.gzip, size.brotli)?;
        }
        let total = self.total();
        write!(out, "{:>10} {:>10} {:>10}  in all", total.raw, total.gzip, total.brotli)
    }
}

/// Refuses what is larger than it may be. Nothing at all is refused too: an empty build is a broken one.
pub fn within(what: &'static str, size: u64, limit: u64) -> Result {
    if size > 0 && size <= limit { Ok(()) } else { Err(Error::Size { what, size, limit }) }
}

/// Refuses two lists of paths that differ, whatever their order, and names the differences.
pub fn same_files(wanted: &str, found: &str, list: &Path) -> Result {
    let set = |text| -> BTreeSet<String> { str::lines(text).map(str::trim).map(str::to_owned).collect() };
    let (wanted, found) = (set(wanted), set(found));
    if wanted == found {
        return Ok(());
    }
    let names =
        |left: &BTreeSet<String>, right| left.difference(right).cloned().collect::<Vec<_>>().join(" ");
    Err(Error::Contents {
        list: list.to_path_buf(),
        missing: names(&wanted, &found),
        extra: names(&found, &wanted),
    })
}

fn line(line: &str) -> Option<(String, Size)> {
    let mut parts = line.split('\t');
    let name = parts.next()?.to_owned();
    let mut number = || parts.next()?.parse().ok();
    Some((name, Size { raw: number()?, gzip: number()?, brotli: number()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_summed() {
        let sizes = Sizes::parse("index.html\t10\t5\t4\nassets/a.wasm\t100\t50\t40\nnonsense\n");
        assert_eq!(sizes.total(), Size { raw: 110, gzip: 55, brotli: 44 });
        assert!(sizes.to_string().contains("assets/a.wasm"));
    }

    #[test]
    fn a_size_past_its_limit_or_of_nothing_is_refused() {
        assert!(within("it", 5, 5).is_ok());
        assert!(matches!(within("it", 6, 5), Err(Error::Size { size: 6, limit: 5, .. })));
        assert!(within("it", 0, 5).is_err());
    }

    #[test]
    fn differing_lists_name_their_differences() {
        let list = Path::new("contents.txt");
        assert!(same_files("a\nb\n", "b\na", list).is_ok());
        let Err(Error::Contents { missing, extra, .. }) = same_files("a\nb", "b\nc", list) else { panic!() };
        assert_eq!((missing.as_str(), extra.as_str()), ("a", "c"));
    }
}
