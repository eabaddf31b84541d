//! Where nodes stand and whom they are linked with.

use std::{cmp::Reverse, collections::BTreeSet, collections::BinaryHeap};

use super::{Micros, table};
use crate::rng::Rng;

/// Links that a node looks for; it accepts three more.
const DEGREE: usize = 10;
const SLACK: usize = 3;

/// Regions, links and the shortest ways.
#[derive(Clone, Debug)]
pub struct Placement {
    reach: Vec<Vec<Micros>>,
    links: Vec<usize>,
}

impl Placement {
    /// Draws regions and links.
    pub fn draw(nodes: usize, rng: &mut Rng) -> Self {
        let regions: Vec<usize> = (0..nodes).map(|_| rng.index(table::regions())).collect();
        let links = links(nodes, rng);
        let reach = (0..nodes).map(|source| flood(source, &regions, &links)).collect();
        Self { reach, links: links.iter().map(BTreeSet::len).collect() }
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.reach.len()
    }

    /// The shortest time from one node to another.
    pub fn way(&self, from: usize, to: usize) -> Micros {
        self.reach[from][to]
    }

    /// How many copies of its own message a node puts on the wire.
    pub fn degree(&self, node: usize) -> usize {
        self.links[node]
    }
}

fn links(nodes: usize, rng: &mut Rng) -> Vec<BTreeSet<usize>> {
    let full = |node: usize| (0..nodes).filter(|other| *other != node).collect();
    if nodes <= DEGREE + 1 {
        return (0..nodes).map(full).collect();
    }
    let mut links = vec![BTreeSet::new(); nodes];
    for node in 0..nodes {
        let mut tries = 0;
        while links[node].len() < DEGREE && tries < 100 * nodes {
            let other = rng.index(nodes);
            tries += 1;
            if other != node && links[other].len() < DEGREE + SLACK {
                links[node].insert(other);
                links[other].insert(node);
            }
        }
    }
    links
}

fn flood(source: usize, regions: &[usize], links: &[BTreeSet<usize>]) -> Vec<Micros> {
    let mut best = vec![Micros::MAX; regions.len()];
    best[source] = 0;
    let mut queue = BinaryHeap::from([Reverse((0, source))]);
    while let Some(Reverse((at, node))) = queue.pop() {
        if at > best[node] {
            continue;
        }
        for &next in &links[node] {
            let arrival = at + table::one_way(regions[node], regions[next]);
            if arrival < best[next] {
                best[next] = arrival;
                queue.push(Reverse((arrival, next)));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_networks_are_fully_linked_and_large_ones_are_meshes() {
        let small = Placement::draw(7, &mut Rng::new(1, "placement"));
        assert!((0..7).all(|node| small.degree(node) == 6));
        let large = Placement::draw(100, &mut Rng::new(1, "placement"));
        assert!((0..100).all(|node| (DEGREE..=DEGREE + SLACK).contains(&large.degree(node))));
        assert!((0..100).all(|to| large.way(0, to) < Micros::MAX), "one network");
    }
}
