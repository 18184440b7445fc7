//! The ways in which a secret may be written: as it is, in base64, in hex, escaped for URLs, JSON and shells. Looks
//! for nothing.

use std::fmt::Write;

/// A spelling shorter than this would mask innocent text.
const SPELLING_BYTES_MIN: usize = 8;

/// Returns every spelling of a value that is looked for.
pub(super) fn spellings(value: &str) -> Vec<Vec<u8>> {
    let lines = value.lines().map(str::trim).filter(|line| *line != value);
    let mut spellings = Vec::new();
    for text in std::iter::once(value).chain(lines) {
        spellings.push(text.as_bytes().to_vec());
        spellings.extend(base64(text.as_bytes()));
        spellings.extend(hex(text.as_bytes()));
        spellings.extend(escaped(text).into_iter().map(String::into_bytes));
    }
    spellings.retain(|spelling| spelling.len() >= SPELLING_BYTES_MIN);
    spellings
}

/// Returns what every base64 text that contains these bytes contains, at each of the three places they may begin,
/// with the digit that the last byte shares with what follows, and with the padding where nothing does.
fn base64(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for offset in 0..3 {
        let padded: Vec<u8> = std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect();
        // The first digit may be shared with what stands before: it says too little to be looked for.
        let first = (offset * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        let own_bits = padded.len() * 8 % 6;
        for digits in [
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        ] {
            let digit = |at: usize| {
                let bits = (0..6).map(|bit| at * 6 + bit);
                let value = bits.fold(0, |value, bit| value << 1 | (padded[bit / 8] >> (7 - bit % 8) & 1));
                digits[value as usize]
            };
            let whole: Vec<u8> = (first..last).map(digit).collect();
            if own_bits > 0 {
                let end = (padded[padded.len() - 1] << (6 - own_bits)) & 0x3f;
                let with = |rest: u8| [&whole[..], &[digits[usize::from(end | rest)]]].concat();
                found.extend((0..1 << (6 - own_bits)).map(with));
                let padding: &[u8] = if own_bits == 2 { b"==" } else { b"=" };
                found.push([with(0), padding.to_vec()].concat());
            }
            found.push(whole);
        }
    }
    found
}

fn hex(bytes: &[u8]) -> [Vec<u8>; 2] {
    let mut lower = String::new();
    bytes.iter().for_each(|byte| write!(lower, "{byte:02x}").expect("writing to a string works"));
    [lower.to_uppercase().into_bytes(), lower.into_bytes()]
}

/// Returns the value as URLs, forms, JSON and shell traces write it.
fn escaped(text: &str) -> Vec<String> {
    let percent = |keep: &str, upper: bool| {
        let mut escaped = String::new();
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte) {
                escaped.push(byte as char);
            } else if upper {
                write!(escaped, "%{byte:02X}").expect("writing to a string works");
            } else {
                write!(escaped, "%{byte:02x}").expect("writing to a string works");
            }
        }
        escaped
    };
    let json = serde_json::to_string(text).expect("any text can be written as JSON");
    let json = json[1..json.len() - 1].to_owned();
    let strict = "-._~";
    let lax = "-._~!$&'()*+,;=:@/?";
    let mut all = vec![text.replace('\'', "'\\''"), text.replace('\'', "'\"'\"'"), text.replace('"', "\\\"")];
    for upper in [true, false] {
        all.extend([percent(strict, upper), percent(lax, upper), percent(strict, upper).replace("%20", "+")]);
    }
    all.extend([json.replace('/', "\\/"), json]);
    all
}
