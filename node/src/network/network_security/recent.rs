//! A bounded table of what was touched last.
//!
//! - It holds at most `MAX` entries, and at least one. A newcomer to a full table displaces the entry that was left alone
//!   the longest: for a counter over time that is the one that has forgotten most already.
//! - Order is that of the keys; nothing depends on a hash.

use std::{collections::BTreeMap, time::Instant};

/// The table.
#[derive(Debug)]
pub(super) struct Recent<K, V, const MAX: usize> {
    entries: BTreeMap<K, (Instant, V)>,
}

impl<K, V, const MAX: usize> Default for Recent<K, V, MAX> {
    fn default() -> Self {
        Self { entries: BTreeMap::new() }
    }
}

impl<K: Ord + Copy, V, const MAX: usize> Recent<K, V, MAX> {
    /// The entry of a key, made when it is new.
    pub fn touch(&mut self, key: K, now: Instant, make: impl FnOnce() -> V) -> &mut V {
        if !self.entries.contains_key(&key) && self.entries.len() >= MAX {
            let oldest = self.entries.iter().min_by_key(|(key, (at, _))| (*at, **key)).map(|(key, _)| *key);
            oldest.and_then(|key| self.entries.remove(&key));
        }
        let entry = self.entries.entry(key).or_insert_with(|| (now, make()));
        entry.0 = entry.0.max(now);
        &mut entry.1
    }

    /// Marks the entry of a key as touched; whether there is one.
    pub fn refresh(&mut self, key: &K, now: Instant) -> bool {
        let entry = self.entries.get_mut(key);
        entry.map(|(at, _)| *at = now.max(*at)).is_some()
    }

    /// The entry of a key; its age does not change.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, (_, value))| (key, value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_full_table_lets_the_longest_untouched_go() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut table = Recent::<_, _, 2>::default();
        *table.touch('a', at(0), || 1) += 1;
        table.touch('b', at(1), || 5);
        *table.touch('a', at(2), || 1) += 1;
        assert!(!table.refresh(&'c', at(3)));
        table.touch('c', at(3), || 7);
        assert_eq!(table.iter().collect::<Vec<_>>(), [(&'a', &3), (&'c', &7)]);
        assert_eq!((table.len(), table.get(&'b')), (2, None));
        assert!(table.refresh(&'a', at(4)));
        table.touch('d', at(5), || 9);
        assert_eq!(table.iter().collect::<Vec<_>>(), [(&'a', &3), (&'d', &9)]);
    }
}
