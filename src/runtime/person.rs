//! Who somebody is to the operating system: by number, and by name where the system knows one. Never a claim.

use smol_str::{SmolStr, format_smolstr};

use crate::engine::Person;

/// Returns who runs this process.
pub fn current_person() -> Person {
    person(rustix::process::getuid().as_raw())
}

/// Returns who has a user's number.
pub fn person(uid: u32) -> Person {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    Person(name_in(&users, uid).unwrap_or_else(|| format_smolstr!("user-{uid}")))
}

fn name_in(users: &str, uid: u32) -> Option<SmolStr> {
    let mut names = users.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == uid).then(|| SmolStr::new(name))
    });
    names.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\n# odd line\ndana:x:1000:1000::/home/dana:/bin/sh\n";
        assert_eq!(name_in(users, 1000).as_deref(), Some("dana"));
        assert_eq!(name_in(users, 7), None);
    }
}
