//! How wide texts are: in columns of a terminal, and in pixels of a picture whose reader may have another font. Wraps
//! and cuts texts to fit.

/// Returns how many columns of a terminal a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|it| if is_wide(it) { 2 } else { 1 }).sum()
}

/// Whether a character takes two columns: East Asian scripts and pictures.
fn is_wide(it: char) -> bool {
    matches!(u32::from(it),
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F
        | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD)
}

/// Widths of ASCII from the space on, in thousandths of the size: those of the common sans-serif faces.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// Some faces are wider than the table; a little room keeps their text within its card.
const ROOM: f64 = 1.1;

/// Returns how wide a text is at a size in pixels, rather too wide than too narrow.
pub(super) fn pixels(text: &str, size: f64) -> f64 {
    text.chars().map(thousandths).sum::<f64>() * size * ROOM / 1000.0
}

/// How much wider bold letters are.
pub(super) const BOLD: f64 = 1.07;

fn thousandths(it: char) -> f64 {
    let place = (it as usize).checked_sub(' ' as usize);
    match place.and_then(|it| WIDTHS.get(it)) {
        Some(width) => f64::from(*width),
        None if it == '·' => 333.0,
        None if it == '\u{a0}' => 278.0,
        None if is_wide(it) => 1000.0,
        None => 620.0,
    }
}

/// Breaks a text into lines that are no wider than the limit: at spaces, and within a word where it must.
pub(super) fn wrap(text: &str, limit: f64, width: impl Fn(&str) -> f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|it| !it.is_empty()) {
        let line = lines.last_mut().expect("there is always a line");
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer) <= limit {
            *line = longer;
            continue;
        }
        let pieces = broken(word, limit, &width);
        let fills_line = line.is_empty();
        if fills_line {
            lines.pop();
        }
        lines.extend(pieces);
    }
    lines
}

/// Breaks a word that is too wide, after a mark that joins its parts if there is one in the last half.
fn broken(word: &str, limit: f64, width: &impl Fn(&str) -> f64) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while width(rest) > limit {
        let fits = rest.char_indices().skip(1).map(|(at, _)| at).take_while(|at| width(&rest[..*at]) <= limit).last();
        let most = fits.unwrap_or_else(|| rest.chars().next().map_or(rest.len(), char::len_utf8));
        let joint = rest[..most].rfind(['-', '_', '.', '/', ':']).map(|it| it + 1).filter(|it| *it > most / 2);
        let (piece, after) = rest.split_at(joint.unwrap_or(most));
        pieces.push(piece.to_owned());
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(rest.to_owned());
    }
    pieces
}

/// Cuts a text that is wider than the limit, and says so with an ellipsis.
pub(super) fn cut(text: &str, limit: f64, width: impl Fn(&str) -> f64) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    for it in text.chars() {
        kept.push(it);
        if width(&kept) + width("…") > limit {
            kept.pop();
            break;
        }
    }
    format!("{}…", kept.trim_end())
}

/// Keeps so many lines, and marks that there were more.
pub(super) fn keep_lines(mut lines: Vec<String>, most: usize, limit: f64, width: impl Fn(&str) -> f64) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last} …………"), limit, width).trim_end_matches(['…', ' ']).to_owned() + "…";
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_columns(text: &str) -> f64 {
        columns(text) as f64
    }

    #[test]
    fn texts_are_broken_where_a_reader_would() {
        assert_eq!(wrap("one two three", 7.0, by_columns), ["one two", "three"]);
        assert_eq!(wrap("factory-north-east", 10.0, by_columns), ["factory-", "north-east"]);
        assert_eq!(wrap("abcdefgh", 3.0, by_columns), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3.0, by_columns), [""]);
        assert_eq!(wrap("日本語", 1.0, by_columns), ["日", "本", "語"]);
        assert_eq!(cut("abcdefgh", 4.0, by_columns), "abc…");
        assert_eq!(cut("abc", 4.0, by_columns), "abc");
    }
}
