//! The files beside the database: their names, their owner, and the lock of the process that serves.
//!
//! Knows no SQL.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::{Result, refusal::unusable};

/// The file whose lock the serving process holds; it stays when the process ends, the lock does not.
const LOCK: &str = "-lock";
/// A restored database that is complete, while the one in its place is being moved away. No server starts beside it.
pub(super) const RESTORING: &str = "-restoring";
/// A database that is being put together; of no worth when the process that makes it ends.
pub(super) const PART: &str = "-part";

/// A file beside this one, by the ending of its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes sure that one process at a time serves a database, or replaces it. The kernel ends the lock with the process,
/// however that ends. It is on a file of its own: closing any other handle of the database itself would drop SQLite's
/// locks of this process.
pub(super) fn lock(path: &Path) -> Result<File> {
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()); // another name is no other database
    let name = beside(&real, LOCK);
    let opened = private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(&name);
    let file = opened.map_err(|error| {
        let fix = format!(
            "it cannot be opened for writing: {} cannot be made ({error}): check the permissions of its directory, and \
             whether the disk is mounted for writing",
            name.display()
        );
        unusable(path, &fix)
    })?;
    give_to_owner_of(&real, &name);
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let fix = "another gchat serves it: stop that one first, or set `database` to another path";
            Err(unusable(path, fix))
        }
        Err(TryLockError::Error(error)) => {
            let fix = format!("{} cannot be locked ({error}): put it on a local disk", name.display());
            Err(unusable(path, &fix))
        }
    }
}

/// A handle of the database itself, to flush it by. It is to be closed after all connections of this process: closing it
/// drops the locks that SQLite holds for them (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
pub(super) fn hold(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Makes an empty file that its owner alone may read; SQLite gives what it puts beside it the same permissions.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    private(OpenOptions::new().write(true).create_new(true)).open(path).map(drop)
}

/// What root makes belongs to whom the database belongs to, or its server could not open it.
pub(super) fn give_to_owner_of(path: &Path, made: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let owner = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.uid(), m.gid()));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Some(wanted) = owner(path).or_else(|| owner(folder))
            && owner(made) != Some(wanted)
        {
            let _ = chown(made, Some(wanted.0), Some(wanted.1)); // only root can, and only for root it is needed
        }
    }
}

/// Brings a file to the disk.
pub(super) fn flush(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Brings the names in a file's folder to the disk.
pub(super) fn flush_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Removes a file that may not be there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    absent_is_fine(std::fs::remove_file(path))
}

/// Renames a file that may not be there.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    absent_is_fine(std::fs::rename(from, to))
}

fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
