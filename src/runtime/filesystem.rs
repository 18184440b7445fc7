//! What kind of file system something lies on. A journal is only as durable as the disk beneath it: over a network,
//! locks and `fsync` promise less than the journal needs. Knows kinds by their numbers, and opens nothing.

use std::io;
use std::path::Path;

/// A kind of file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// On this machine's own disk, or in its memory.
    Local(&'static str),
    /// Gone when the machine is switched off.
    Memory(&'static str),
    /// On another machine.
    Network(&'static str),
    /// Some program's: what it promises nobody knows.
    Program,
    /// Not in the table.
    Unknown(u64),
}

/// Number and kind.
const KINDS: [(u64, FileSystem); 26] = [
    (0xef53, FileSystem::Local("ext4")),
    (0x5846_5342, FileSystem::Local("xfs")),
    (0x9123_683e, FileSystem::Local("btrfs")),
    (0x2fc1_2fc1, FileSystem::Local("zfs")),
    (0xf2f5_2010, FileSystem::Local("f2fs")),
    (0xca45_1a4e, FileSystem::Local("bcachefs")),
    (0x794c_7630, FileSystem::Local("overlayfs")),
    (0x5265_4973, FileSystem::Local("reiserfs")),
    (0x3153_464a, FileSystem::Local("jfs")),
    (0x4d44, FileSystem::Local("vfat")),
    (0x0102_1994, FileSystem::Memory("tmpfs")),
    (0x8584_58f6, FileSystem::Memory("ramfs")),
    (0x6969, FileSystem::Network("nfs")),
    (0x517b, FileSystem::Network("smb")),
    (0xff53_4d42, FileSystem::Network("cifs")),
    (0xfe53_4d42, FileSystem::Network("smb2")),
    (0x0102_1997, FileSystem::Network("9p")),
    (0x00c3_6400, FileSystem::Network("ceph")),
    (0x5346_414f, FileSystem::Network("afs")),
    (0x6b41_4653, FileSystem::Network("afs")),
    (0x7375_7245, FileSystem::Network("coda")),
    (0x564c, FileSystem::Network("ncp")),
    (0x0116_1970, FileSystem::Network("gfs2")),
    (0x7461_636f, FileSystem::Network("ocfs2")),
    (0x0bd0_0bd0, FileSystem::Network("lustre")),
    (0x6573_5546, FileSystem::Program),
];

impl FileSystem {
    /// Returns the kind of what a path lies on; where it is not there yet, of the nearest folder above it.
    pub fn of(path: &Path) -> io::Result<FileSystem> {
        let there = path.ancestors().find(|it| it.exists()).unwrap_or(path);
        let kind = rustix::fs::statfs(there)?.f_type;
        // Some systems write the number with a sign; none has more than four bytes.
        Ok(FileSystem::numbered(u64::from(kind as u32)))
    }

    fn numbered(number: u64) -> FileSystem {
        let row = KINDS.iter().find(|(it, _)| *it == number);
        row.map_or(FileSystem::Unknown(number), |(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_numbers() {
        assert_eq!(FileSystem::numbered(0x6969), FileSystem::Network("nfs"));
        assert_eq!(FileSystem::numbered(0xef53), FileSystem::Local("ext4"));
        assert_eq!(FileSystem::numbered(7), FileSystem::Unknown(7));
    }

    #[test]
    fn what_is_not_there_yet_lies_where_its_folder_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = FileSystem::of(folder.path()).expect("it is there");
        assert_eq!(FileSystem::of(&folder.path().join("a/b")).expect("its folder is"), there);
    }
}
