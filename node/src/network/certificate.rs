//! The WebRTC certificate, kept so that the address with its hash outlives restarts.
//!
//! The file is the certificate's PEM under one line with the SHA-256 of that PEM: a damaged file is told from a good
//! one before any parser sees it.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use libp2p_webrtc::tokio::Certificate;
use sha2::{Digest, Sha256};

use super::error::CertificateError;

/// The file's name in the data directory.
pub const CERTIFICATE_FILE: &str = "webrtc-certificate.pem";
const HEADING: &str = "sha256 ";

/// Reads the kept certificate, or makes and keeps one.
///
/// # Errors
/// [`CertificateError`] when the file cannot be read or written, or is damaged.
pub fn load_or_create(data_dir: &Path) -> Result<Certificate, CertificateError> {
    let path = data_dir.join(CERTIFICATE_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text).ok_or(CertificateError::Damaged { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(data_dir, path),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(CertificateError::Damaged { path }),
        Err(source) => Err(CertificateError::Io { path, source }),
    }
}

fn parse(text: &str) -> Option<Certificate> {
    let (heading, pem) = text.split_once('\n')?;
    if heading.strip_prefix(HEADING)? != digest(pem) {
        return None;
    }
    Certificate::from_pem(pem).ok()
}

fn create(data_dir: &Path, path: PathBuf) -> Result<Certificate, CertificateError> {
    let certificate = Certificate::generate(&mut rand::rng()).map_err(|_| CertificateError::Generate)?;
    let pem = certificate.serialize_pem();
    let text = format!("{HEADING}{}\n{pem}", digest(&pem));
    write_private(data_dir, &path, text.as_bytes())
        .map_err(|source| CertificateError::Io { path, source })?;
    Ok(certificate)
}

/// Writes beside the place and renames, so that a crash leaves no half file.
fn write_private(data_dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(data_dir)?;
    let beside = path.with_extension("pem.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    fs::File::open(data_dir)?.sync_all()
}

fn digest(pem: &str) -> String {
    hex::encode(Sha256::digest(pem.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_private_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let first = load_or_create(dir.path()).unwrap();
        let path = dir.path().join(CERTIFICATE_FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(load_or_create(dir.path()).unwrap().fingerprint(), first.fingerprint());

        let good = fs::read(&path).unwrap();
        for at in [0, 70, 100, good.len() / 2, good.len() - 2] {
            let mut bad = good.clone();
            bad[at] ^= 0x11;
            fs::write(&path, &bad).unwrap();
            assert!(matches!(load_or_create(dir.path()), Err(CertificateError::Damaged { .. })), "byte {at}");
        }
        for cut in [0, 10, 80, good.len() / 2] {
            fs::write(&path, &good[..cut]).unwrap();
            assert!(matches!(load_or_create(dir.path()), Err(CertificateError::Damaged { .. })), "cut {cut}");
        }
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(load_or_create(dir.path()), Err(CertificateError::Damaged { .. })));
    }
}
