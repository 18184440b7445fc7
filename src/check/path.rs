//! Paths as programs write them: joined to the folder of the file that names them. Touches no disk.

/// Returns the folder of a file, empty for the one where the tool was started.
pub(super) fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or("", |at| if at == 0 { "/" } else { &path[..at] })
}

/// Returns a path as seen from where the tool was started, without `.` and needless `..`.
pub(super) fn joined(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') || folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let root = if whole.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_to_the_folder_of_its_file() {
        assert_eq!(joined(folder_of("a/b.rollout"), "./c.csv"), "a/c.csv");
        assert_eq!(joined(folder_of("b.rollout"), "../c.csv"), "../c.csv");
        assert_eq!(joined(folder_of("a/b/c.rollout"), "../d.csv"), "a/d.csv");
        assert_eq!(joined("a", "/etc/d.csv"), "/etc/d.csv");
    }
}
