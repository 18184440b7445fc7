//! The five fields of a cron expression: minute, hour, day of the month, month, day of the week. Refuses what other
//! programs read in more than one way, and says what to write instead. Never works out when it fires.

use smol_str::SmolStr;

/// A cron expression whose fields were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// The five fields, with one space between them.
    pub text: SmolStr,
    /// It fires all through the day: its hours begin with `*`.
    pub is_all_day: bool,
    /// It names both days of the month and days of the week: then a day must be both.
    pub names_both_days: bool,
}

/// Why a cron expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldsWrong {
    /// A sentence without a period.
    pub message: String,
    pub help: Option<String>,
}

/// What one field may hold.
struct Field {
    what: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
    takes_numbers: bool,
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 5] = [
    Field { what: "minute", least: 0, most: 59, names: &[], takes_numbers: true },
    Field { what: "hour", least: 0, most: 23, names: &[], takes_numbers: true },
    Field { what: "day of the month", least: 1, most: 31, names: &[], takes_numbers: true },
    Field { what: "month", least: 1, most: 12, names: MONTHS, takes_numbers: true },
    Field { what: "day of the week", least: 0, most: 6, names: DAYS, takes_numbers: false },
];

const SHORT: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * SUN"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Fields {
    /// Reads a cron expression.
    ///
    /// # Errors
    /// Names the first field that cannot be read.
    pub fn read(text: &str) -> Result<Fields, FieldsWrong> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts[..] else { return Err(not_five(text, parts.len())) };
        for (field, part) in FIELDS.iter().zip([minute, hour, day, month, weekday]) {
            field.read(part)?;
        }
        let is_free = |it: &str| it.starts_with('*') || it == "?";
        Ok(Fields {
            text: SmolStr::new(parts.join(" ")),
            is_all_day: hour.starts_with('*'),
            names_both_days: !is_free(day) && !is_free(weekday),
        })
    }
}

fn not_five(text: &str, count: usize) -> FieldsWrong {
    if let Some((short, long)) = SHORT.iter().find(|(short, _)| *short == text.trim()) {
        return wrong(format!("`{short}` does not say its fields"), Some(format!("write `\"{long}\"`")));
    }
    let has = if count == 1 { "one field".to_owned() } else { format!("{count} fields") };
    let help = "write minute, hour, day of the month, month and day of the week: `\"30 2 * * SUN\"`";
    wrong(format!("a cron expression has five fields, and this has {has}"), Some(help.to_owned()))
}

fn wrong(message: String, help: Option<String>) -> FieldsWrong {
    FieldsWrong { message, help }
}

impl Field {
    /// Reads a field: items with commas between, each a value, a range or `*`, with a step or without.
    fn read(&self, text: &str) -> Result<(), FieldsWrong> {
        text.split(',').try_for_each(|item| self.read_item(item, text))
    }

    fn read_item(&self, item: &str, field: &str) -> Result<(), FieldsWrong> {
        let (base, step) = match item.split_once('/') {
            Some((base, step)) => (base, Some(step)),
            None => (item, None),
        };
        if let Some(step) = step
            && !step.parse::<u32>().is_ok_and(|it| (1..=self.most.max(1)).contains(&it))
        {
            let help = format!("a step is a number from 1 to {}: `*/5`", self.most.max(1));
            return Err(wrong(format!("`{item}` has no step that could be taken"), Some(help)));
        }
        if base == "*" || (base == "?" && step.is_none() && self.what.starts_with("day")) {
            return Ok(());
        }
        let Some((from, to)) = base.split_once('-') else { return self.value(base, field).map(|_| ()) };
        let (first, last) = (self.value(from, field)?, self.value(to, field)?);
        if first <= last {
            return Ok(());
        }
        let help = format!("say both parts: `{}`", self.unwrapped(first, last));
        Err(wrong(format!("`{base}` ends before it begins"), Some(help)))
    }

    fn value(&self, text: &str, field: &str) -> Result<u32, FieldsWrong> {
        let named = self.names.iter().position(|it| it.eq_ignore_ascii_case(text));
        if let Some(at) = named {
            return Ok(at as u32 + self.least);
        }
        let number = text.parse::<u32>().ok().filter(|_| text.bytes().all(|it| it.is_ascii_digit()));
        match number {
            Some(_) if !self.takes_numbers => Err(self.numbered(field)),
            Some(number) if (self.least..=self.most).contains(&number) => Ok(number),
            _ => Err(wrong(format!("`{text}` is no {}", self.what), Some(self.range()))),
        }
    }

    /// What this field may hold, for people.
    fn range(&self) -> String {
        match self.names {
            [first, .., last] if !self.takes_numbers => format!("write `{first}` to `{last}`"),
            [first, .., last] => format!("write {} to {}, or `{first}` to `{last}`", self.least, self.most),
            _ => format!("write {} to {}", self.least, self.most),
        }
    }

    /// Days of the week by number: in some programs 1 is Sunday, in others it is Monday.
    fn numbered(&self, field: &str) -> FieldsWrong {
        let named = |number: &str| match number.parse::<usize>() {
            Ok(number) => DAYS[number % 7].to_owned(),
            Err(_) => number.to_owned(),
        };
        let range = |it: &str| it.split('-').map(named).collect::<Vec<_>>().join("-");
        let names: Vec<String> = field.split(',').map(range).collect();
        let message = "the days of the week are written by name: their numbers mean other days in other programs";
        let readable = !field.contains('/');
        let help = readable.then(|| format!("where Monday is 1 this is `{}`", names.join(",")));
        wrong(message.to_owned(), help.or_else(|| Some(self.range())))
    }

    /// A range that goes round, as two that do not: `FRI-SAT,SUN-MON`.
    fn unwrapped(&self, first: u32, last: u32) -> String {
        let name = |it: u32| match self.names.get((it - self.least) as usize) {
            Some(name) => (*name).to_owned(),
            None => it.to_string(),
        };
        let part = |from: u32, to: u32| match from == to {
            true => name(from),
            false => format!("{}-{}", name(from), name(to)),
        };
        format!("{},{}", part(first, self.most), part(self.least, last))
    }
}
