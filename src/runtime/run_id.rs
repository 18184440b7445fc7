//! Names for runs: a date and four letters or digits that grow through the day: `20261121-h3k9`.

use smol_str::{SmolStr, format_smolstr};

use crate::value::At;

// Without the letters that are read as digits.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TICKS_A_DAY: i64 = 1 << 20;
const DAY_MS: i64 = 86_400_000;

/// Returns the name of a run that begins now; later ones sort after it.
pub fn run_id(now: At, is_taken: impl Fn(&str) -> bool) -> SmolStr {
    let first = now.0.div_euclid(DAY_MS) * TICKS_A_DAY + now.0.rem_euclid(DAY_MS) * TICKS_A_DAY / DAY_MS;
    let mut ids = (first..).map(id_at);
    ids.find(|it| !is_taken(it)).expect("some tick is free")
}

fn id_at(tick: i64) -> SmolStr {
    let date = At(tick.div_euclid(TICKS_A_DAY) * DAY_MS).to_string();
    let (year, month, day) = (&date[..4], &date[5..7], &date[8..10]);
    let in_day = tick.rem_euclid(TICKS_A_DAY);
    let digit = |place: u32| char::from(DIGITS[(in_day >> (5 * place) & 31) as usize]);
    format_smolstr!("{year}{month}{day}-{}{}{}{}", digit(3), digit(2), digit(1), digit(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_dated_and_grow() {
        let midnight = At(1_795_219_200_000);
        assert_eq!(run_id(midnight, |_| false), "20261121-0000");
        assert_eq!(run_id(midnight.plus_ms(43_200_000), |_| false), "20261121-g000");
        assert_eq!(run_id(midnight.plus_ms(-1), |_| false), "20261120-zzzz");
    }

    #[test]
    fn a_taken_id_is_left_to_its_run() {
        let midnight = At(1_795_219_200_000);
        assert_eq!(run_id(midnight, |it| it < "20261121-0003"), "20261121-0003");
        assert_eq!(run_id(midnight.plus_ms(-1), |it| it == "20261120-zzzz"), "20261121-0000");
    }
}
