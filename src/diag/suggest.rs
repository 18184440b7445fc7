//! "Did you mean": the nearest of the names that would have been right. Knows no names itself.

/// Returns the candidate nearest to a misspelt name, or none if nothing is near enough.
///
/// Near is an edit distance, with neighbouring letters swapped counting one, of at most a third of the length.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).min(4);
    let scored = candidates.into_iter().filter(|it| !it.is_empty() && *it != name).filter_map(|candidate| {
        let distance = distance(name, candidate);
        let prefix = name.len() >= 3 && candidate.starts_with(name);
        (distance <= limit || prefix).then_some((distance.min(limit), candidate))
    });
    scored.min().map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance, letters compared without case.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().flat_map(char::to_lowercase).take(64).collect();
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("stgae", ["rollout", "stage"]), Some("stage"));
        assert_eq!(nearest("biuld", ["build", "deploy"]), Some("build"));
        assert_eq!(nearest("xyz", ["stage", "rollout"]), None);
    }

    #[test]
    fn a_name_of_one_or_two_letters_is_not_near_to_another() {
        assert_eq!(nearest("m", ["n", "version"]), None);
        assert_eq!(nearest("ab", ["ac", "b"]), None);
        assert_eq!(nearest("N", ["n"]), Some("n"));
        assert_eq!(nearest("env", ["end", "n"]), Some("end"));
    }
}
