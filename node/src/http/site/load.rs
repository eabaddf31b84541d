//! Reading a page's folder, bounded in everything.
//!
//! Only plain files and folders are taken: a symbolic link could lead anywhere. Names are of characters that mean
//! nothing in a URL, so that none has to be decoded. A file of an unknown kind is refused: served under a wrong type it
//! would fail in the page, where nobody looks.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::{Content, File, Site, coding::Coding};
use crate::disk;

/// Files, copies included: a built page has a dozen.
const MAX_FILES: usize = 64;
/// Folders in it.
const MAX_FOLDERS: usize = 64;
/// All files together; they stay in memory.
const MAX_BYTES: usize = 16 << 20;

/// The type of pages.
pub(super) const HTML: &str = "text/html; charset=utf-8";
/// The type of plain text.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";

/// Types by extension.
const KINDS: [(&str, &str); 9] = [
    ("html", HTML),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("txt", TEXT),
];

/// Why a folder is not served.
#[derive(Debug, Error)]
pub enum SiteError {
    /// The disk.
    #[error("page {}: {source}", .path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing to begin with.
    #[error("page {}: there is no index.html in it; is it the folder of a built page?", .0.display())]
    NoIndex(PathBuf),
    /// A symbolic link, a device or the like.
    #[error("page {}: neither a plain file nor a folder", .0.display())]
    NotPlain(PathBuf),
    /// A name that a URL would have to escape.
    #[error("page {}: names may hold letters, digits, '.', '-' and '_' only", .0.display())]
    Name(PathBuf),
    /// An extension without a type.
    #[error("page {}: files of this kind are not served", .0.display())]
    Kind(PathBuf),
    /// A copy without its original.
    #[error("page {}: the file that this is a compressed copy of is missing", .0.display())]
    Orphan(PathBuf),
    /// Too many.
    #[error("page {}: more than {MAX_FILES} files or {MAX_FOLDERS} folders", .0.display())]
    TooMany(PathBuf),
    /// Too large.
    #[error("page {}: more than {MAX_BYTES} bytes in all", .0.display())]
    TooLarge(PathBuf),
}

impl Site {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`SiteError`] for the first rule broken.
    pub fn load(folder: &Path) -> Result<Self, SiteError> {
        let mut files = BTreeMap::new();
        let mut copies = Vec::new();
        for (name, content) in read_all(folder)? {
            match Coding::ALL.iter().find_map(|coding| Some((name.strip_suffix(coding.suffix())?, *coding))) {
                Some((of, coding)) => copies.push((of.to_owned(), coding, content)),
                None => {
                    let kind = kind(&name).ok_or_else(|| SiteError::Kind(on_disk(folder, &name)))?;
                    files.insert(name, File { kind, plain: content, compressed: BTreeMap::new() });
                }
            }
        }
        for (of, coding, content) in copies {
            let orphan = || SiteError::Orphan(on_disk(folder, &format!("{of}{}", coding.suffix())));
            files.get_mut(&of).ok_or_else(orphan)?.compressed.insert(coding, content);
        }
        if !files.contains_key("/index.html") {
            return Err(SiteError::NoIndex(folder.to_owned()));
        }
        Ok(Self { files })
    }
}

fn on_disk(folder: &Path, name: &str) -> PathBuf {
    folder.join(name.trim_start_matches('/'))
}

fn kind(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    KINDS.iter().find(|(known, _)| *known == extension).map(|(_, kind)| *kind)
}

/// Every file below the folder, under the path that it is asked for by.
fn read_all(folder: &Path) -> Result<Vec<(String, Content)>, SiteError> {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), String::from("/"))];
    let (mut entered, mut bytes) = (0_usize, 0_usize);
    while let Some((path, prefix)) = folders.pop() {
        entered = entered.saturating_add(1);
        let io = |source| SiteError::Io { path: path.clone(), source };
        for entry in fs::read_dir(&path).map_err(io)? {
            let entry = entry.map_err(io)?;
            let own = entry.path();
            let name = entry.file_name().into_string().ok().filter(|name| is_plain(name));
            let name = format!("{prefix}{}", name.ok_or_else(|| SiteError::Name(own.clone()))?);
            // Of the entry itself: links are not followed.
            let kind = entry.file_type().map_err(io)?;
            if kind.is_dir() {
                folders.push((own, format!("{name}/")));
            } else if kind.is_file() {
                let content = read(&own, MAX_BYTES.saturating_sub(bytes))?;
                let content = content.ok_or_else(|| SiteError::TooLarge(folder.to_owned()))?;
                bytes = bytes.saturating_add(content.len());
                found.push((name, Content::new(content)));
            } else {
                return Err(SiteError::NotPlain(own));
            }
            if found.len() > MAX_FILES || entered.saturating_add(folders.len()) > MAX_FOLDERS {
                return Err(SiteError::TooMany(folder.to_owned()));
            }
        }
    }
    Ok(found)
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn read(path: &Path, most: usize) -> Result<Option<Vec<u8>>, SiteError> {
    let io = |source| SiteError::Io { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(io)?;
    disk::read_bounded(&file, most).map_err(io)
}
