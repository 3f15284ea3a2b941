//! Numbers for nodes, so that links are short: a list of links is stored as differences.
//!
//! Recursive graph bisection: Dhulipala et al. 2016, *Compressing Graphs and Indexes with Recursive Graph
//! Bisection* (arXiv:1602.08820). Nodes are halved, and nodes of the two halves swap as long as that
//! makes the lists shorter by the estimate of the paper's section 3; then each half is halved.

use std::cmp::Reverse;
use std::ops::Range;

use super::Graph;

/// Rounds of swaps at each cut; few of them change anything after so many.
const ROUNDS: usize = 20;
/// Runs this short stay as they are: any order of them has differences of one byte.
const SHORT: usize = 32;
/// Fixed point of the logarithms: the same sums on every machine.
const ONE: f64 = 65_536.0;

/// Renumbers the nodes that are on the ground layer alone; the others are few, and layers are the first
/// nodes.
pub(super) fn shorten(graph: Graph) -> Graph {
    let n = graph.links.len();
    let n_above = graph.upper.first().map_or(1, Vec::len).min(n);
    let mut nodes: Vec<u32> = (0..n as u32).collect();
    Bisection::of(&graph.links).cut(&mut nodes[n_above..]);
    let mut number = vec![0_u32; n];
    for (new, &old) in nodes.iter().enumerate() {
        number[old as usize] = new as u32;
    }
    let renumbered = |list: &Vec<u32>| list.iter().map(|&old| number[old as usize]).collect();
    let old = nodes.iter().map(|&old| old as usize);
    Graph {
        order: old.clone().map(|old| graph.order[old]).collect(),
        links: old.map(|old| renumbered(&graph.links[old])).collect(),
        // Nodes of these layers keep their numbers.
        upper: graph.upper,
    }
}

/// What every cut needs.
struct Bisection {
    /// Nodes by the nodes that they link to: whose list each stands in, and where each node's begin.
    owners: Vec<u32>,
    starts: Vec<usize>,
    /// `[nodes]`: links of each node into the left half and into the right one.
    into: Vec<[u32; 2]>,
    /// `log2(i)` in fixed point; of 0 it is 0.
    logs: Vec<i64>,
}

impl Bisection {
    fn of(links: &[Vec<u32>]) -> Self {
        let mut starts = vec![0_usize; links.len() + 1];
        for &to in links.iter().flatten() {
            starts[to as usize + 1] += 1;
        }
        for at in 0..links.len() {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut owners = vec![0_u32; starts[links.len()]];
        for (owner, list) in links.iter().enumerate() {
            for &to in list {
                owners[next[to as usize]] = owner as u32;
                next[to as usize] += 1;
            }
        }
        let most = links
            .len()
            .max(links.iter().map(Vec::len).max().unwrap_or(0))
            + 2;
        let log = |i: usize| (libm::log2(i.max(1) as f64) * ONE) as i64;
        Self {
            owners,
            starts,
            into: vec![[0; 2]; links.len()],
            logs: (0..most).map(log).collect(),
        }
    }

    fn owners_of(&self, node: u32) -> Range<usize> {
        self.starts[node as usize]..self.starts[node as usize + 1]
    }

    /// Orders `nodes`, which are consecutive numbers' nodes.
    fn cut(&mut self, nodes: &mut [u32]) {
        if nodes.len() <= SHORT {
            return;
        }
        let half = nodes.len() / 2;
        self.count(nodes, half, 1);
        for _ in 0..ROUNDS {
            if !self.swap(nodes, half) {
                break;
            }
        }
        self.count(nodes, half, 0);
        let (left, right) = nodes.split_at_mut(half);
        self.cut(left);
        self.cut(right);
    }

    /// Counts the links into both halves; forgets them with `times` 0.
    fn count(&mut self, nodes: &[u32], half: usize, times: u32) {
        for (at, &node) in nodes.iter().enumerate() {
            for owner in self.owners_of(node) {
                let into = &mut self.into[self.owners[owner] as usize];
                let side = &mut into[usize::from(at >= half)];
                *side = (*side + 1) * times;
            }
        }
    }

    /// Swaps the nodes of both halves that gain most by it; says whether any did.
    fn swap(&mut self, nodes: &mut [u32], half: usize) -> bool {
        let sizes = [half, nodes.len() - half];
        let gains = |side: usize, nodes: &[u32]| {
            let mut gains: Vec<(i64, u32, usize)> = (nodes.iter().enumerate())
                .map(|(at, &node)| (self.gain(node, side, sizes), node, at))
                .collect();
            gains.sort_unstable_by_key(|&(gain, node, _)| (Reverse(gain), node));
            gains
        };
        let (left, right) = (gains(0, &nodes[..half]), gains(1, &nodes[half..]));
        let mut any = false;
        for (&(a, left, at), &(b, right, beside)) in left.iter().zip(&right) {
            if a + b <= 0 {
                break;
            }
            // Two that belong together and want to meet would change places with each other for ever.
            if self.gain(left, 0, sizes) + self.gain(right, 1, sizes) <= 0 {
                continue;
            }
            nodes.swap(at, half + beside);
            for (node, from) in [(left, 0), (right, 1)] {
                for owner in self.owners_of(node) {
                    let into = &mut self.into[self.owners[owner] as usize];
                    into[from] -= 1;
                    into[1 - from] += 1;
                }
            }
            any = true;
        }
        any
    }

    /// Bits that the lists become shorter by where `node` goes over to the other half.
    fn gain(&self, node: u32, from: usize, sizes: [usize; 2]) -> i64 {
        let owners = self.owners_of(node).map(|at| self.owners[at] as usize);
        let gain = owners.map(|owner| {
            let now = self.into[owner];
            let mut then = now;
            then[from] -= 1;
            then[1 - from] += 1;
            self.bits(now, sizes) - self.bits(then, sizes)
        });
        gain.sum()
    }

    /// Estimated bits of a list with so many links into each half.
    fn bits(&self, into: [u32; 2], sizes: [usize; 2]) -> i64 {
        let of = |side: usize| {
            let n = into[side] as usize;
            n as i64 * (self.logs[sizes[side]] - self.logs[n + 1])
        };
        of(0) + of(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rings of eight, their nodes scattered; the first two nodes are on a layer above.
    fn scattered(rings: u32) -> Graph {
        let n = rings * 8;
        let mut numbers: Vec<u32> = (0..n).collect();
        let mut state = 1_u32;
        for at in (1..n).rev() {
            // The constants of Numerical Recipes: a shuffle, the same every time.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            numbers.swap(at as usize, ((state >> 8) % (at + 1)) as usize);
        }
        let at = |ring: u32, place: u32| numbers[(ring * 8 + place % 8) as usize];
        let mut links = vec![Vec::new(); n as usize];
        for ring in 0..rings {
            for place in 0..8 {
                links[at(ring, place) as usize] = vec![at(ring, place + 1), at(ring, place + 7)];
            }
        }
        Graph {
            order: (0..n).map(|node| n - node).collect(),
            links,
            upper: vec![vec![vec![1], vec![0]]],
        }
    }

    /// Differences between neighbors of a list, which is what is stored; whose list it is makes none.
    fn lengths(graph: &Graph) -> u32 {
        let lists = graph.links.iter();
        lists
            .map(|list| list.iter().max().unwrap() - list.iter().min().unwrap())
            .sum()
    }

    #[test]
    fn links_become_short_and_the_graph_stays() {
        let before = scattered(200);
        let after = shorten(before.clone());
        assert!(
            lengths(&after) * 3 < lengths(&before),
            "{} of {}",
            lengths(&after),
            lengths(&before)
        );
        assert_eq!(after.upper, before.upper);
        assert_eq!(after.order[..2], before.order[..2]);
        // `order` names the vectors, which do not move: the links between them are the same.
        let named = |graph: &Graph| {
            let mut links: Vec<(u32, Vec<u32>)> = (graph.links.iter().enumerate())
                .map(|(at, list)| {
                    let mut list: Vec<u32> =
                        list.iter().map(|&to| graph.order[to as usize]).collect();
                    list.sort_unstable();
                    (graph.order[at], list)
                })
                .collect();
            links.sort_unstable();
            links
        };
        assert_eq!(named(&after), named(&before));
    }

    #[test]
    fn a_graph_of_nothing_and_of_one_node_stays() {
        for n in [0, 1] {
            let graph = Graph {
                order: (0..n).collect(),
                links: vec![Vec::new(); n as usize],
                upper: Vec::new(),
            };
            assert_eq!(shorten(graph.clone()), graph);
        }
    }
}
