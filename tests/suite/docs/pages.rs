//! The pages of the project and the blocks on them. Knows where they are, not what they should say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rollout::source::MemoryWorld;

/// A page, by its path from the root of the project.
pub struct Page {
    pub path: String,
    pub text: String,
}

/// A fenced block.
pub struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// What stands behind the fence.
    pub info: String,
    pub text: String,
}

/// Returns every page that people read.
pub fn pages() -> Vec<Page> {
    let mut paths = vec!["README.md".to_owned(), "CHANGELOG.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    collect("docs", &mut paths);
    paths.sort();
    paths.into_iter().map(page).collect()
}

pub fn page(path: String) -> Page {
    let text = fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    Page { path, text }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect(folder: &str, paths: &mut Vec<String>) {
    for entry in fs::read_dir(root().join(folder)).expect("the folder is there") {
        let entry = entry.expect("it can be read");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&path, paths);
        } else if path.ends_with(".md") {
            paths.push(path);
        }
    }
}

impl Page {
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (line, content) in (1..).zip(self.text.lines()) {
            match (&mut open, content.strip_prefix("```")) {
                (None, Some(info)) => open = Some(Block { line, info: info.to_owned(), text: String::new() }),
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.text.push_str(content);
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", self.path);
        blocks
    }

    /// Returns the lines that stand in no block.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut inside = false;
        let lines = (1..).zip(self.text.lines()).filter(|(_, line)| {
            let fence = line.starts_with("```");
            inside ^= fence;
            !inside && !fence
        });
        lines.collect()
    }

    /// Returns the files and commands that the page itself gives to its programs.
    pub fn world(&self) -> MemoryWorld {
        let mut world = MemoryWorld::default();
        for block in self.blocks() {
            if let Some(name) = block.word("file=") {
                world.files.insert(name, block.text.clone());
            }
            if let Some(command) = block.info.split_once("prints=").map(|(_, words)| words.to_owned()) {
                world.commands.insert(command, block.text.clone());
            }
        }
        world
    }
}

impl Block {
    pub fn is_program(&self) -> bool {
        self.info == "rollout" || self.info.starts_with("rollout,")
    }

    pub fn has(&self, word: &str) -> bool {
        self.info.split(',').any(|it| it == word)
    }

    /// Returns what stands behind a word such as `file=`.
    pub fn word(&self, key: &str) -> Option<String> {
        self.info.split(',').find_map(|it| it.strip_prefix(key)).map(str::to_owned)
    }
}

/// Collects what is wrong with all pages before it says so.
#[derive(Default)]
pub struct Complaints(BTreeMap<String, Vec<String>>);

impl Complaints {
    pub fn add(&mut self, page: &Page, line: usize, what: impl Into<String>) {
        self.0.entry(page.path.clone()).or_default().push(format!("{}:{line}: {}", page.path, what.into()));
    }
}

impl Drop for Complaints {
    fn drop(&mut self) {
        let all: Vec<&str> = self.0.values().flatten().map(String::as_str).collect();
        if !std::thread::panicking() {
            assert!(all.is_empty(), "\n{}", all.join("\n"));
        }
    }
}
