//! A disk that can lose its power: ext4 in an image file, mounted through a loop device.
//!
//! What a program writes goes into the page cache of the mounted file system, and reaches the image only when it is
//! flushed or when the kernel finds the time. So the image's bytes at one moment are what a disk without power has;
//! mounting a copy of them is what the machine does when it comes back (it replays the file system's journal).

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

/// Sparse: only what is used takes place.
const BYTES: u64 = 256 << 20;

/// How often a copy is made anew because the image changed meanwhile.
const TRIES: usize = 20;

/// This machine, or this container, has no loop devices or lets nobody mount them.
#[derive(Debug, thiserror::Error)]
#[error("power cuts need root and loop devices: {0}")]
pub struct NoDisk(pub String);

/// The disk that is mounted, and the copy that will be.
pub(super) struct Disk {
    folder: PathBuf,
    number: u32,
    mounted: bool,
}

impl Disk {
    /// Makes and mounts an empty one below `folder`.
    pub(super) async fn new(folder: &Path) -> Result<Self> {
        let mut disk = Self { folder: folder.to_owned(), number: 0, mounted: false };
        std::fs::create_dir_all(disk.mount_point())?;
        let image = disk.image(0);
        std::fs::File::create(&image)?.set_len(BYTES)?;
        // Nothing is left to be initialised in the background: that would keep the image moving.
        let lazy = OsStr::new("lazy_itable_init=0,lazy_journal_init=0");
        let make = [OsStr::new("-q"), OsStr::new("-F"), OsStr::new("-E"), lazy, image.as_os_str()];
        command("mkfs.ext4", &make).await?;
        disk.mount().await.map_err(|error| NoDisk(format!("{error:#}")))?;
        Ok(disk)
    }

    /// A file on it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.mount_point().join(name)
    }

    /// Copies the image as it is now. Whoever writes to the disk must stand still; what they had handed to the disk
    /// before may still be on its way, so a copy counts only if the image equals it afterwards.
    pub(super) async fn copy(&self) -> Result<()> {
        let (image, copy) = (self.image(self.number), self.image(self.number + 1));
        for _ in 0..TRIES {
            let sparse = [OsStr::new("--sparse=always"), image.as_os_str(), copy.as_os_str()];
            command("cp", &sparse).await?;
            let same = Command::new("cmp").arg("--silent").args([&image, &copy]).status().await?;
            if same.success() {
                return Ok(());
            }
        }
        Err(anyhow::anyhow!("the image does not come to rest: something still writes to it"))
    }

    /// Throws the disk away and mounts the copy in its place.
    pub(super) async fn swap(&mut self) -> Result<()> {
        self.unmount().await?;
        std::fs::remove_file(self.image(self.number))?;
        self.number += 1;
        self.mount().await
    }

    /// Leaves nothing behind.
    pub(super) async fn remove(mut self) -> Result<()> {
        self.unmount().await?;
        Ok(std::fs::remove_file(self.image(self.number))?)
    }

    fn image(&self, number: u32) -> PathBuf {
        self.folder.join(format!("disk-{number}.img"))
    }

    fn mount_point(&self) -> PathBuf {
        self.folder.join("disk")
    }

    async fn mount(&mut self) -> Result<()> {
        let (image, at) = (self.image(self.number), self.mount_point());
        // The loop device goes with the mount. A commit interval above any run's length: the journal must not save by
        // itself what nobody has flushed.
        let options = OsStr::new("loop,noatime,commit=300");
        command("mount", &[OsStr::new("-o"), options, image.as_os_str(), at.as_os_str()]).await?;
        self.mounted = true;
        Ok(())
    }

    async fn unmount(&mut self) -> Result<()> {
        command("umount", &[self.mount_point().as_os_str()]).await?;
        self.mounted = false;
        Ok(())
    }
}

impl Drop for Disk {
    /// After an error. The room's end would do it too.
    fn drop(&mut self) {
        if self.mounted {
            let _ = std::process::Command::new("umount").arg("--lazy").arg(self.mount_point()).status();
        }
    }
}

async fn command(program: &str, args: &[&OsStr]) -> Result<()> {
    let ran = Command::new(program).args(args).kill_on_drop(true).output().await;
    let ran = ran.with_context(|| format!("{program} cannot be run"))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    ensure!(ran.status.success(), "{program} failed: {}", said.trim());
    Ok(())
}
