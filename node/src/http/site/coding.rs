//! Which compressed copy of a file a browser gets (RFC 9110, section 12.5.3).

/// How a copy is compressed; the best comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coding {
    /// `x.br`.
    Brotli,
    /// `x.gz`.
    Gzip,
}

impl Coding {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// What HTTP calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What a copy's name ends with.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }
}

/// The coding of those there are, in order of preference, that the browser likes best; `None`: the file as it is.
pub fn choose(wanted: &str, there: impl IntoIterator<Item = Coding>) -> Option<Coding> {
    let mut best = (weight(wanted, "identity").unwrap_or(0), None);
    for coding in there {
        let liked = weight(wanted, coding.name()).or_else(|| weight(wanted, "*")).unwrap_or(0);
        let better = liked > best.0 || (liked == best.0 && best.1.is_none());
        if liked > 0 && better {
            best = (liked, Some(coding));
        }
    }
    best.1
}

/// How much a coding is liked, in thousandths; `None` when it is not named.
fn weight(wanted: &str, name: &str) -> Option<u16> {
    wanted.split(',').find_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next()?;
        let named = if named.eq_ignore_ascii_case("x-gzip") { "gzip" } else { named };
        if !named.eq_ignore_ascii_case(name) {
            return None;
        }
        let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some(q.map_or(1_000, thousandths))
    })
}

/// `0`, `1`, `0.5`, `0.125`; what is none of these counts as not liked.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole == "1" && fraction.bytes().all(|byte| byte == b'0') {
        return 1_000;
    }
    if whole != "0" || fraction.len() > 3 {
        return 0;
    }
    format!("{fraction:0<3}").parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_the_best_that_they_take() {
        use Coding::{Brotli, Gzip};
        for (wanted, both, gzip) in [
            ("gzip, deflate, br, zstd", Some(Brotli), Some(Gzip)),
            ("gzip", Some(Gzip), Some(Gzip)),
            ("x-gzip", Some(Gzip), Some(Gzip)),
            ("BR", Some(Brotli), None),
            ("br;q=0.5, gzip;q=0.8", Some(Gzip), Some(Gzip)),
            ("br;q=0, gzip", Some(Gzip), Some(Gzip)),
            ("br ; q=0.001", Some(Brotli), None),
            ("*", Some(Brotli), Some(Gzip)),
            ("br;q=0, *;q=0.3", Some(Gzip), Some(Gzip)),
            ("identity, br;q=0.5", None, None),
            ("identity;q=0.5, br", Some(Brotli), None),
            ("gzip;q=0", None, None),
            ("brotli", None, None),
            ("br;q=2", None, None),
            ("br;q=x", None, None),
            ("br;q=0.1234", None, None),
            (",;,=", None, None),
            ("", None, None),
        ] {
            assert_eq!(choose(wanted, Coding::ALL), both, "{wanted}");
            assert_eq!(choose(wanted, [Gzip]), gzip, "{wanted}");
            assert_eq!(choose(wanted, []), None, "{wanted}");
        }
    }
}
