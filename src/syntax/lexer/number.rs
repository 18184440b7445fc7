//! Everything that begins with a digit: numbers, quantities with units, times, dates, instants. Says which
//! shape a literal has; never what it is worth.

use super::Lexer;
use crate::syntax::mistake::MistakeKind;
use crate::syntax::token::TokenKind;

const DURATION_UNITS: &[&str] = &["ms", "s", "m", "h", "d", "w"];
const SIZE_UNITS: &[&str] = &["B", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"];

/// What people write for a unit, and the unit.
const UNIT_ALIASES: &[(&str, &str)] = &[
    ("millis", "ms"),
    ("msec", "ms"),
    ("msecs", "ms"),
    ("millisecond", "ms"),
    ("milliseconds", "ms"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("wk", "w"),
    ("wks", "w"),
    ("week", "w"),
    ("weeks", "w"),
    ("pct", "%"),
    ("percent", "%"),
    ("byte", "B"),
    ("bytes", "B"),
    ("kb", "KB"),
    ("mb", "MB"),
    ("gb", "GB"),
    ("tb", "TB"),
    ("kib", "KiB"),
    ("mib", "MiB"),
    ("gib", "GiB"),
    ("tib", "TiB"),
];

/// Returns the unit that was meant by a word that is none, and the units themselves.
pub(crate) fn unit_meant(word: &str) -> Option<&'static str> {
    let units = DURATION_UNITS.iter().chain(SIZE_UNITS);
    if let Some(unit) = units.copied().find(|unit| *unit == word) {
        return Some(unit);
    }
    let lower = word.to_ascii_lowercase();
    let alias = UNIT_ALIASES.iter().find(|(alias, _)| *alias == lower);
    alias.map(|(_, unit)| *unit)
}

impl Lexer<'_> {
    pub(super) fn number(&mut self) {
        let start = self.at;
        if self.looks_like("dddd-dd-dd", start) {
            return self.date(start);
        }
        self.digits();
        let lone_digits = self.at - start <= 2;
        if lone_digits && self.byte_at(self.at) == b':' && self.byte_at(self.at + 1).is_ascii_digit() {
            return self.time(start);
        }
        if self.at - start == 4 && self.is_loose_date() {
            return self.loose_date(start);
        }
        let whole = !self.fraction();
        match self.byte_at(self.at) {
            b'%' => {
                self.at += 1;
                self.token(TokenKind::Percent, start);
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => self.quantity(start),
            _ => self.token(if whole { TokenKind::Int } else { TokenKind::Number }, start),
        }
    }

    /// Passes digits with `_` between them.
    fn digits(&mut self) {
        while self.byte_at(self.at).is_ascii_digit()
            || self.byte_at(self.at) == b'_' && self.byte_at(self.at + 1).is_ascii_digit()
        {
            self.at += 1;
        }
    }

    /// Passes `.5`, but not the `..` of a range.
    fn fraction(&mut self) -> bool {
        let found = self.byte_at(self.at) == b'.' && self.byte_at(self.at + 1).is_ascii_digit();
        if found {
            self.at += 1;
            self.digits();
        }
        found
    }

    /// Matches a pattern in which `d` is a digit and all else itself.
    fn looks_like(&self, pattern: &str, at: usize) -> bool {
        let bytes = self.bytes.get(at..at + pattern.len()).unwrap_or_default();
        bytes.len() == pattern.len()
            && pattern.bytes().zip(bytes).all(|(want, is)| if want == b'd' { is.is_ascii_digit() } else { want == *is })
    }

    /// Returns where letters and digits that touch a literal end; a `-` behind it subtracts.
    fn word_end(&self) -> usize {
        let rest = self.text[self.at..].char_indices();
        let mut beyond = rest.skip_while(|(_, it)| pest::unicode::XID_CONTINUE(*it));
        beyond.next().map_or(self.text.len(), |(length, _)| self.at + length)
    }

    /// Returns whether `-1-2` follows, as in a date that lacks digits.
    fn is_loose_date(&self) -> bool {
        ["-d-d", "-dd-d"].iter().any(|it| self.looks_like(it, self.at))
    }

    /// A number with its unit, or with several: `1h30m`.
    fn quantity(&mut self, start: usize) {
        let mut units = Vec::new();
        let mut write = String::new();
        let mut number = start;
        loop {
            let unit = self.at;
            self.at += self.bytes[unit..].iter().take_while(|it| it.is_ascii_alphabetic()).count();
            units.push(&self.text[unit..self.at]);
            write.push_str(&self.text[number..unit]);
            write.push_str(unit_meant(&self.text[unit..self.at]).unwrap_or("?"));
            if !self.byte_at(self.at).is_ascii_digit() {
                break;
            }
            number = self.at;
            self.digits();
            self.fraction();
            if !self.byte_at(self.at).is_ascii_alphabetic() {
                units.push("");
                write.push('?');
                break;
            }
        }
        let rest = self.word_end();
        let clean = rest == self.at;
        self.at = rest;
        if clean && units.iter().all(|it| DURATION_UNITS.contains(it)) {
            return self.token(TokenKind::Duration, start);
        }
        if clean && units.len() == 1 && SIZE_UNITS.contains(&units[0]) {
            return self.token(TokenKind::Size, start);
        }
        let certain = clean && !write.contains('?') && (units.len() == 1 || !write.contains(['B', '%']));
        let kind = if write.ends_with('%') { TokenKind::Percent } else { TokenKind::Duration };
        let kind = if write.ends_with('B') { TokenKind::Size } else { kind };
        self.mistakes.add(MistakeKind::UnknownUnit { write: certain.then_some(write) }, start, self.at);
        self.token(kind, start);
    }

    /// `22:00` or `22:00:30`; what is nearly that is a time with a mistake.
    fn time(&mut self, start: usize) {
        self.at = start + self.clock_length(start);
        let text = &self.text[start..self.at];
        let exact = matches!(text.len(), 5 | 8) && text.split(':').all(|it| it.len() == 2);
        let stop = self.word_end();
        if !exact || stop != self.at {
            let padded: Vec<String> = text.split(':').map(|it| format!("{it:0>2}")).collect();
            let certain = stop == self.at && padded.iter().all(|it| it.len() == 2);
            self.at = stop;
            let write = certain.then(|| padded.join(":"));
            self.mistakes.add(MistakeKind::BadLiteral { what: "time", write }, start, self.at);
        }
        self.token(TokenKind::Time, start);
    }

    /// Counts the bytes of digits joined by `:`.
    fn clock_length(&self, start: usize) -> usize {
        let mut at = start;
        while self.byte_at(at).is_ascii_digit() || self.byte_at(at) == b':' && self.byte_at(at + 1).is_ascii_digit() {
            at += 1;
        }
        at - start
    }

    fn date(&mut self, start: usize) {
        self.at = start + "dddd-dd-dd".len();
        if self.byte_at(self.at) == b'T' && self.byte_at(self.at + 1).is_ascii_digit() {
            return self.instant(start);
        }
        let stop = self.word_end();
        if stop != self.at {
            self.at = stop;
            self.mistakes.add(MistakeKind::BadLiteral { what: "date", write: None }, start, self.at);
        }
        self.token(TokenKind::Date, start);
    }

    /// `2026-1-2`: a date that lacks digits.
    fn loose_date(&mut self, start: usize) {
        while self.byte_at(self.at).is_ascii_digit()
            || self.byte_at(self.at) == b'-' && self.byte_at(self.at + 1).is_ascii_digit()
        {
            self.at += 1;
        }
        let parts: Vec<&str> = self.text[start..self.at].split('-').collect();
        let certain = parts.len() == 3 && parts.iter().all(|it| it.len() <= 4);
        let write = certain.then(|| format!("{}-{:0>2}-{:0>2}", parts[0], parts[1], parts[2]));
        self.mistakes.add(MistakeKind::BadLiteral { what: "date", write }, start, self.at);
        self.token(TokenKind::Date, start);
    }

    /// A date, `T`, a time and a zone: `Z`, an offset, or a name in brackets.
    fn instant(&mut self, start: usize) {
        let clock = self.at + 1;
        self.at = clock + self.clock_length(clock);
        let exact = matches!(self.at - clock, 5 | 8) && self.text[clock..self.at].split(':').all(|it| it.len() == 2);
        let zone = self.at;
        if self.byte_at(zone) == b'Z' {
            self.at += 1;
        } else if self.looks_like("+dd:dd", zone) || self.looks_like("-dd:dd", zone) {
            self.at += "+dd:dd".len();
        }
        if self.byte_at(self.at) == b'[' {
            let name = self.bytes[self.at + 1..].iter();
            let length = name.take_while(|it| it.is_ascii_alphanumeric() || b"/_-+".contains(it)).count();
            if length > 0 && self.byte_at(self.at + 1 + length) == b']' {
                self.at += length + 2;
            }
        }
        let placed = self.at > zone;
        let stop = self.word_end();
        if !exact || !placed || stop != self.at {
            let what = if exact && stop == self.at { "instant without a zone" } else { "instant" };
            self.at = stop;
            self.mistakes.add(MistakeKind::BadLiteral { what, write: None }, start, self.at);
        }
        self.token(TokenKind::Instant, start);
    }
}
