//! No secret leaves in any of its usual spellings, however the text arrives. What a program encrypts, splits or
//! encodes twice is beyond it. Knows no names of secrets, only values.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};

use super::spelling::spellings;

/// What is shown in place of a secret.
pub const MASK: &str = "***";

/// Finds the spellings of some secrets.
pub struct Mask {
    /// None where there is nothing to hide.
    finder: Option<Finder>,
}

struct Finder {
    automaton: AhoCorasick,
    /// In order, so that the beginnings of spellings can be found by halving.
    spellings: Vec<Vec<u8>>,
    length_max: usize,
    /// The bytes with which a spelling can begin.
    begins: [bool; 256],
}

impl Mask {
    /// Learns the values to hide.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Mask {
        let spellings: BTreeSet<Vec<u8>> = values.into_iter().flat_map(spellings).collect();
        let spellings: Vec<Vec<u8>> = spellings.into_iter().collect();
        let Some(length_max) = spellings.iter().map(Vec::len).max() else { return Mask { finder: None } };
        let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&spellings);
        let automaton = built.expect("secrets are far smaller than what an automaton can hold");
        let mut begins = [false; 256];
        spellings.iter().for_each(|spelling| begins[spelling[0] as usize] = true);
        Mask { finder: Some(Finder { automaton, spellings, length_max, begins }) }
    }

    /// Returns a whole text with its secrets hidden.
    pub fn text(&self, text: &str) -> String {
        match &self.finder {
            None => text.to_owned(),
            Some(finder) => finder.automaton.replace_all(text, &vec![MASK; finder.spellings.len()]),
        }
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.write_str("Mask")
    }
}

/// Hides secrets in a text that arrives in pieces.
pub struct Masking<'a> {
    mask: &'a Mask,
    /// What may be the beginning of a secret.
    held: Vec<u8>,
}

impl<'a> Masking<'a> {
    pub fn new(mask: &'a Mask) -> Masking<'a> {
        Masking { mask, held: Vec::new() }
    }

    /// Takes the next piece and hands on what is safe to show.
    pub fn feed(&mut self, piece: &[u8], show: &mut impl FnMut(&[u8])) {
        let Some(finder) = &self.mask.finder else { return show(piece) };
        if self.held.is_empty() {
            let shown = finder.show(piece, finder.safe_end(piece), show);
            return self.held.extend_from_slice(&piece[shown..]);
        }
        self.held.extend_from_slice(piece);
        let shown = finder.show(&self.held, finder.safe_end(&self.held), show);
        self.held.drain(..shown);
    }

    /// Hands on what was held back, since nothing follows.
    pub fn finish(&mut self, show: &mut impl FnMut(&[u8])) {
        let held = std::mem::take(&mut self.held);
        if let Some(finder) = self.mask.finder.as_ref().filter(|_| !held.is_empty()) {
            finder.show(&held, held.len(), show);
        }
    }
}

impl Finder {
    /// Shows the bytes before `safe`, and a secret that begins there whole. Returns how many bytes are dealt with.
    fn show(&self, bytes: &[u8], safe: usize, show: &mut impl FnMut(&[u8])) -> usize {
        let mut shown = 0;
        for found in self.automaton.find_iter(bytes).take_while(|found| found.start() < safe) {
            if found.start() > shown {
                show(&bytes[shown..found.start()]);
            }
            show(MASK.as_bytes());
            shown = found.end();
        }
        if shown < safe {
            show(&bytes[shown..safe]);
        }
        shown.max(safe)
    }

    /// Returns where the first spelling begins that the end of these bytes cuts off.
    fn safe_end(&self, bytes: &[u8]) -> usize {
        let from = bytes.len().saturating_sub(self.length_max - 1);
        let is_cut = |at: &usize| self.begins[bytes[*at] as usize] && self.is_beginning(&bytes[*at..]);
        (from..bytes.len()).find(is_cut).unwrap_or(bytes.len())
    }

    fn is_beginning(&self, bytes: &[u8]) -> bool {
        let at = self.spellings.partition_point(|spelling| spelling.as_slice() < bytes);
        // Longer spellings that begin with these bytes follow directly in order.
        let following = self.spellings[at..].iter().take_while(|spelling| spelling.starts_with(bytes));
        following.into_iter().any(|spelling| spelling.len() > bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(mask: &Mask, pieces: &[&[u8]]) -> String {
        let mut shown = Vec::new();
        let mut masking = Masking::new(mask);
        pieces.iter().for_each(|piece| masking.feed(piece, &mut |bytes| shown.extend_from_slice(bytes)));
        masking.finish(&mut |bytes| shown.extend_from_slice(bytes));
        String::from_utf8(shown).expect("the tests use text")
    }

    #[test]
    fn a_secret_is_hidden_wherever_the_pieces_part() {
        let mask = Mask::new(["hunter2-hunter2-x", "hunter2-hunter3", "p\"ss w/rd+é'!\n second line"]);
        let text = "a hunter2-hunter2-hunter2-x b hunter2-hunter3hunter2-hunter hunter2-hunter2-x";
        let expected = "a hunter2-*** b ***hunter2-hunter ***";
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let bytes = text.as_bytes();
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(masked(&mask, &pieces), expected, "parted at {first} and {second}");
            }
        }
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(masked(&mask, &bytes), expected);
        assert_eq!(mask.text(text), expected);
    }

    #[test]
    fn each_spelling_is_hidden() {
        let mask = Mask::new(["p\"ss w/rd+'é?"]);
        let spellings = [
            "p\"ss w/rd+'é?",
            "cCJzcyB3L3JkKyfDqT8",
            "AHAic3Mgdy9yZCsnw6k_",
            "70227373",
            "p%22ss%20w%2Frd%2B%27%C3%A9%3F",
            "p%22ss+w%2Frd%2B%27%C3%A9%3F",
            "p%22ss%20w/rd+'%c3%a9?",
            "p\\\"ss w/rd+'é?",
            "p\\\"ss w\\/rd+'é?",
            "p\"ss w/rd+'\\''é?",
            "702273732077",
        ];
        for spelling in spellings {
            let is_part = spelling.starts_with("70");
            let text = if is_part { "70227373 20772f72642b27c3a93f".replace(' ', "") } else { spelling.to_owned() };
            assert!(masked(&mask, &[text.as_bytes()]).contains(MASK), "`{text}` is shown");
        }
    }

    #[test]
    fn base64_is_found_at_every_offset() {
        let secret = "correct horse battery";
        let mask = Mask::new([secret]);
        let table = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for prefix in ["", "u", "us", "use", "user"] {
            for suffix in ["", "1", "12"] {
                let text = format!("{prefix}{secret}{suffix}");
                let encoded: String = text
                    .as_bytes()
                    .chunks(3)
                    .flat_map(|three| {
                        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
                            << (8 * (3 - three.len()));
                        (0..=three.len()).map(move |digit| table[(bits >> (18 - 6 * digit) & 63) as usize] as char)
                    })
                    .collect();
                let shown = mask.text(&encoded);
                assert!(shown.contains(MASK), "`{encoded}` is shown");
                assert!(shown.len() < 3 + 8 + 6, "too much of `{encoded}` is left: `{shown}`");
            }
        }
    }

    #[test]
    fn base64_is_hidden_to_its_last_digit_wherever_it_begins_ends_and_parts() {
        let encode = |bytes: &[u8]| {
            let table = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let bits = |at: usize| {
                (0..6).fold(0, |value, bit| {
                    let bit = at * 6 + bit;
                    value << 1 | bytes.get(bit / 8).map_or(0, |it| it >> (7 - bit % 8) & 1)
                })
            };
            let digits = (0..(bytes.len() * 8).div_ceil(6)).map(|at| table[usize::from(bits(at))] as char);
            let padding = std::iter::repeat_n('=', (3 - bytes.len() % 3) % 3);
            digits.chain(padding).collect::<String>()
        };
        let mut hidden = 0;
        for length in 1..40 {
            let secret: String = (0..length).map(|at| char::from(b'!' + (at * 37 + length * 11) as u8 % 90)).collect();
            let mask = Mask::new([secret.as_str()]);
            for (before, after) in
                ["", "u", "us"].into_iter().flat_map(|it| ["", "?", "?x", "\u{7f}zz"].map(|to| (it, to)))
            {
                let encoded = encode(format!("{before}{secret}{after}").as_bytes());
                let first = (before.len() * 8).div_ceil(6);
                let end = ((before.len() + secret.len()) * 8).div_ceil(6);
                let rest = if after.is_empty() { "" } else { &encoded[end..] };
                let expected = format!("{}{MASK}{rest}", &encoded[..first]);
                let is_short = end - first < 8;
                assert!(is_short || mask.text(&encoded) == expected, "`{encoded}`: `{}`", mask.text(&encoded));
                for part in 0..=encoded.len() {
                    let (one, other) = encoded.as_bytes().split_at(part);
                    let shown = masked(&mask, &[one, other]);
                    assert_eq!(shown, mask.text(&encoded), "`{encoded}` parted at {part}");
                }
                hidden += usize::from(!is_short);
            }
        }
        assert!(hidden > 300, "{hidden} texts are long enough to be looked for");
    }

    #[test]
    fn lines_of_a_long_secret_are_hidden_one_by_one() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nabc\nhkiG9w0BAQEFAASC\n-----END KEY-----\n";
        let mask = Mask::new([key]);
        assert_eq!(masked(&mask, &[b"+ MIIEvQIBADANBgkq +", b" abc hkiG9w0BAQE", b"FAASC"]), "+ *** + abc ***");
    }

    #[test]
    fn nothing_is_held_back_without_need() {
        let mask = Mask::new(["a-very-long-secret-value".repeat(50).as_str()]);
        let mut masking = Masking::new(&mask);
        let mut shown = Vec::new();
        masking.feed(b"progress 10%", &mut |bytes| shown.extend_from_slice(bytes));
        assert_eq!(shown, b"progress 10%");
    }
}
