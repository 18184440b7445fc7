//! Paths that lie beneath a folder, whatever was put into them. Knows no disk: a link on the way is for whoever walks it.

/// No part of a path is longer, in bytes, so that there is room for a name beside it.
const PART_MAX: usize = 160;

/// Splits a path into its parts if it lies beneath the folder it is relative to.
///
/// # Errors
/// A sentence without a period that says why it does not.
pub fn beneath(path: &str) -> Result<Vec<&str>, String> {
    if path.is_empty() {
        return Err("an empty path names no folder".to_owned());
    }
    if path.starts_with('/') {
        return Err(format!("`{path}` is not relative to the folder of the file"));
    }
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    for part in &parts {
        match *part {
            "" | "." => return Err(format!("`{path}` has an empty part")),
            ".." => return Err(format!("`{path}` leads out of the folder of the file")),
            part if part.len() > PART_MAX => return Err(format!("a part of `{path}` has more than {PART_MAX} bytes")),
            part if part.contains(|it: char| it.is_control()) => {
                return Err(format!("{path:?} holds a control character"));
            }
            _ => {}
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_out_is_refused() {
        assert_eq!(beneath("deployments/2026-11-21-vision/"), Ok(vec!["deployments", "2026-11-21-vision"]));
        for path in ["", "/etc", "..", "a/../../b", "a//b", "./a", "a\0b", "a\nb", &"x".repeat(200)] {
            assert!(beneath(path).is_err(), "{path:?}");
        }
        assert_eq!(beneath("..a/b.."), Ok(vec!["..a", "b.."]));
    }
}
