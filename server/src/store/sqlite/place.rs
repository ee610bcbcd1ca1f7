//! The files beside the database: their names, their owner, and the lock of the process that serves.
//!
//! Knows no SQL.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::{StoreError, refusal::unusable};

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The file whose lock the serving process holds; it stays when the process ends, the lock does not.
const LOCK: &str = "-lock";
/// A restored database that is complete, while the one in its place is being moved away. No server starts beside it.
pub(super) const RESTORING: &str = "-restoring";
/// A database that is being put together; of no worth when the process that makes it ends.
pub(super) const PART: &str = "-part";

/// Which files a store has open, to notice when their names lead elsewhere: the database was moved, deleted or replaced,
/// or its disk was unmounted. What is written then would be lost with the end of the process.
#[derive(Debug)]
pub(super) struct Home {
    /// As it was given.
    path: PathBuf,
    /// Each with what it was at the start.
    files: [(PathBuf, Id); 2],
}

/// What tells files of a machine from each other: device and inode.
type Id = (u64, u64);

impl Home {
    /// Of a database and its log, which are there and open.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        // Another working directory, or a folder of another name, must be seen as well.
        let name = std::path::absolute(path)?;
        let log = beside(&std::fs::canonicalize(path)?, "-wal");
        let [database, log] = [name, log].map(|file| id(&file).map(|id| (file, id)));
        Ok(Self { path: path.to_owned(), files: [database?, log?] })
    }

    /// As it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the disk that the database is on: free for this process, and in all.
    #[cfg(unix)]
    pub(super) fn space(&self) -> Option<(u64, u64)> {
        let disk = rustix::fs::statvfs(&self.files[0].0).ok()?;
        Some((disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize)))
    }

    #[cfg(not(unix))]
    pub(super) fn space(&self) -> Option<(u64, u64)> {
        None
    }

    /// Whether both are where they were; an error says what is not, and what to do.
    pub(super) fn check(&self) -> Result<(), String> {
        let [database, log] = self.files.each_ref().map(|(file, was)| {
            let what = match id(file) {
                Ok(is) if is == *was => return Ok(()),
                Ok(_) => "is another file by now".to_owned(),
                Err(error) if error.kind() == ErrorKind::NotFound => "is gone from its place".to_owned(),
                Err(error) => format!("cannot be looked at ({error})"),
            };
            Err(format!("{} {what}", file.display()))
        });
        let fix =
            "put back the file that the server began with, or mount its disk; it then goes on by itself";
        database.map_err(|what| format!("the database {what}: {fix}"))?;
        log.map_err(|what| {
            format!("the log {what}: stop the server, which saves what was in it, and start it again")
        })
    }
}

#[cfg(unix)]
fn id(file: &Path) -> io::Result<Id> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(file).map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn id(file: &Path) -> io::Result<Id> {
    std::fs::metadata(file).map(|_| (0, 0)) // an open file can be neither moved nor deleted there
}

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
    // Who asks whether somebody serves it (`told`) holds it for an instant.
    let tries = std::iter::repeat_with(|| file.try_lock()).take(5).find(|tried| {
        let taken = matches!(tried, Err(TryLockError::WouldBlock));
        if taken {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        !taken
    });
    match tries.unwrap_or(Err(TryLockError::WouldBlock)) {
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

/// Writes a word for others into the lock that this process holds.
pub(super) fn tell(lock: &File, word: &str) -> io::Result<()> {
    use std::io::{Seek as _, Write as _};
    let mut lock = lock;
    lock.set_len(0)?;
    lock.rewind()?;
    lock.write_all(word.as_bytes())
}

/// What the process that serves a database has told last; `None`: nobody serves it.
pub(super) fn told(path: &Path) -> io::Result<Option<String>> {
    let real = std::fs::canonicalize(path)?;
    let mut lock = match File::open(beside(&real, LOCK)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        lock => lock?,
    };
    if lock.try_lock_shared().is_ok() {
        return Ok(None);
    }
    let mut word = String::new();
    io::Read::read_to_string(&mut lock, &mut word)?;
    Ok(Some(word))
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

/// Begins a backup's file: empty, private, and locked as long as the handle is there. `WouldBlock`: another process makes
/// the same one.
pub(super) fn begin(part: &Path) -> io::Result<File> {
    let options = &mut OpenOptions::new();
    let file = private(options.read(true).write(true).create(true).truncate(false)).open(part)?;
    file.try_lock().map_err(io::Error::from)?;
    file.set_len(0)?;
    Ok(file)
}

/// Removes what backups have left beside this file that were ended before they were done: those that nobody works on.
/// Only names that backups give themselves (`backup::name`).
pub(super) fn sweep(beside: &Path) {
    let folder = beside.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = file.file_name();
        let name = name.to_string_lossy();
        let is_one = name.starts_with("gchat-") && name.ends_with(&format!(".db{PART}"));
        if is_one && File::open(file.path()).is_ok_and(|left| left.try_lock().is_ok()) {
            let _ = remove(&file.path()); // who may not, has no need to
        }
    }
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
