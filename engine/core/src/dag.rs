//! Orders over numbered things that wait for each other: one topological order and one search for a cycle.
//!
//! The graph of a program, the planner and the scheduler ask the same two questions: in which order, and who waits for
//! whom in a circle. Both answers depend on the numbers alone, so they are the same on every run.

/// Who waits for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dag {
    /// Who waits for each, in order.
    pub followers: Vec<Vec<usize>>,
    /// For how many each waits.
    pub missing: Vec<usize>,
}

/// An order in which each comes after everything it waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Everything that can be ordered.
    pub sorted: Vec<usize>,
    /// One cycle, when something could not be ordered: each waits for the next, and the last for the first.
    pub cycle: Option<Vec<usize>>,
}

/// Something waits for a number that nothing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stranger {
    /// Who waits.
    pub by: usize,
    /// The number.
    pub number: usize,
}

impl Dag {
    /// The relation in which each item waits for the numbers in its list.
    ///
    /// # Errors
    /// When a list holds a number that is not there.
    pub fn new<'a>(after: impl ExactSizeIterator<Item = &'a [usize]>) -> Result<Dag, Stranger> {
        let count = after.len();
        let mut dag = Dag { followers: vec![Vec::new(); count], missing: vec![0; count] };
        for (by, list) in after.enumerate() {
            for &number in list {
                dag.followers.get_mut(number).ok_or(Stranger { by, number })?.push(by);
            }
            dag.missing[by] = list.len();
        }
        Ok(dag)
    }

    /// An order, by number where the relation leaves a choice at the start, and by who became free first after that.
    /// `after` gives back the list that an item was made with.
    pub fn order<'a>(&self, after: impl Fn(usize) -> &'a [usize]) -> Order {
        let mut open = self.missing.clone();
        let mut sorted: Vec<usize> = (0..open.len()).filter(|&i| open[i] == 0).collect();
        let mut next = 0;
        while let Some(&i) = sorted.get(next) {
            next += 1;
            for &follower in &self.followers[i] {
                open[follower] -= 1;
                if open[follower] == 0 {
                    sorted.push(follower);
                }
            }
        }
        let cycle = (sorted.len() < open.len()).then(|| one_cycle(&open, after));
        Order { sorted, cycle }
    }
}

/// The members of one cycle among those that could not be ordered. Whatever could not be ordered waits for something
/// else that could not, so a walk along what is waited for comes to one of them twice.
fn one_cycle<'a>(open: &[usize], after: impl Fn(usize) -> &'a [usize]) -> Vec<usize> {
    let mut walk: Vec<usize> = Vec::new();
    let mut place: Vec<Option<usize>> = vec![None; open.len()];
    let mut next = open.iter().position(|&n| n > 0);
    while let Some(item) = next {
        if let Some(start) = place[item] {
            walk.drain(..start);
            break;
        }
        place[item] = Some(walk.len());
        walk.push(item);
        next = after(item).iter().copied().find(|&before| open[before] > 0);
    }
    walk
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(after: &[&[usize]]) -> Order {
        let dag = Dag::new(after.iter().copied()).unwrap();
        dag.order(|i| after[i])
    }

    #[test]
    fn each_comes_after_what_it_waits_for() {
        assert_eq!(order(&[&[2], &[], &[1]]), Order { sorted: vec![1, 2, 0], cycle: None });
        assert_eq!(order(&[]), Order::default());
    }

    #[test]
    fn a_cycle_holds_its_members_and_nobody_else() {
        // 0 is in front of the cycle, 4 behind it: neither is a member.
        let found = order(&[&[], &[0, 3], &[1], &[2], &[3]]);
        assert_eq!(found, Order { sorted: vec![0], cycle: Some(vec![1, 3, 2]) });
        // Found from behind as well: the search starts at what cannot be ordered, not at a member.
        assert_eq!(order(&[&[1], &[2], &[1]]).cycle, Some(vec![1, 2]));
        assert_eq!(order(&[&[0]]).cycle, Some(vec![0]));
    }

    #[test]
    fn a_number_that_nothing_has_is_refused() {
        assert_eq!(Dag::new([&[1usize][..]].into_iter()), Err(Stranger { by: 0, number: 1 }));
    }

    #[test]
    fn what_is_waited_for_twice_counts_twice_and_is_done_once() {
        assert_eq!(order(&[&[], &[0, 0]]).sorted, [0, 1]);
    }
}
