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

/// Returns who belongs to a group of the operating system: those it lists, and those whose own group it is.
pub fn group_members(group: &str) -> Vec<String> {
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    members_in(&groups, &users, group)
}

fn members_in(groups: &str, users: &str, group: &str) -> Vec<String> {
    let Some(line) = groups.lines().find(|it| it.split(':').next() == Some(group)) else { return Vec::new() };
    let fields: Vec<&str> = line.split(':').collect();
    let listed = fields.get(3).into_iter().flat_map(|it| it.split(',')).map(str::trim).filter(|it| !it.is_empty());
    let mut members: Vec<String> = listed.map(str::to_owned).collect();
    for user in users.lines() {
        let mut of_user = user.split(':');
        let (name, own) = (of_user.next().unwrap_or_default(), of_user.nth(2));
        if own.is_some() && own == fields.get(2).copied() && !members.iter().any(|it| it == name) {
            members.push(name.to_owned());
        }
    }
    members
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

    #[test]
    fn a_group_has_those_it_lists_and_those_whose_own_it_is() {
        let groups = "root:x:0:\napprover:x:500:dana,lee\nempty:x:501:\n";
        let users =
            "dana:x:1000:1000::/home/dana:/bin/sh\nkim:x:1001:500::/home/kim:/bin/sh\nlee:x:1002:500::/:/bin/sh\n";
        assert_eq!(members_in(groups, users, "approver"), ["dana", "lee", "kim"]);
        assert_eq!(members_in(groups, users, "empty"), [""; 0]);
        assert_eq!(members_in(groups, users, "nobody-knows"), [""; 0]);
    }
}
