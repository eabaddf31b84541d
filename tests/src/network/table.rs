//! Measured round trips between regions.

use std::sync::OnceLock;

use super::{MS, Micros};

const TABLE: &str = include_str!("../../data/wan-rtt-ms.csv");
/// What every hop costs beside the way.
const HOP: Micros = MS;

/// Round trips in milliseconds, by row and column.
fn round_trips() -> &'static [Vec<u64>] {
    static PARSED: OnceLock<Vec<Vec<u64>>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1);
        rows.map(|row| row.split(',').skip(1).map(|cell| cell.trim().parse().unwrap()).collect()).collect()
    })
}

/// How many regions there are.
pub fn regions() -> usize {
    round_trips().len()
}

/// One way over one link.
pub fn one_way(from: usize, to: usize) -> Micros {
    round_trips()[from][to] * MS / 2 + HOP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_square() {
        assert_eq!(regions(), 10);
        for from in 0..10 {
            assert_eq!(one_way(from, from), 2 * MS, "between zones of one region");
            assert!(
                (0..10).all(|to| to == from || one_way(from, to) > 2 * MS),
                "no two regions are nearer than zones"
            );
        }
        assert_eq!(one_way(0, 9), 74 * MS, "Dallas to São Paulo");
    }
}
