//! The page beside the interface, over the real socket.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use super::{Face, NO_SUCH};
use crate::http::Site;

/// A folder with a page, and beside it a file that nobody may see.
pub struct Page(tempfile::TempDir);

impl Page {
    pub fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("page/assets")).unwrap();
        for (name, content) in [
            ("secret.txt", "secret"),
            ("page/index.html", "<p>page"),
            ("page/openapi.json", "{}"),
            ("page/light.json", "{}"),
            ("page/assets/app-CezsLBg2.js", "code"),
        ] {
            fs::write(folder.path().join(name), content).unwrap();
        }
        Self(folder)
    }

    pub fn site(&self) -> Site {
        Site::load(&self.0.path().join("page")).unwrap()
    }
}

/// A node without a page says how to get one.
pub fn without(face: &Face) {
    let root = face.get("/");
    assert_eq!((root.status, root.kind.as_str()), (200, "text/plain; charset=utf-8"));
    assert!(root.text.contains("cargo xtask web") && root.text.contains("--web"), "{}", root.text);
    assert_eq!(face.request("POST", "/", b"").code(), (404, NO_SUCH.to_owned()));
}

pub fn with(face: &Face) {
    let root = face.get("/");
    assert_eq!((root.status, root.kind.as_str()), (200, "text/html; charset=utf-8"));
    assert_eq!(root.text, "<p>page");
    assert!(root.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(face.get("/?node=1").text, "<p>page", "a query is the page's own affair");
    assert_eq!(face.get("/assets/app-CezsLBg2.js").text, "code");
    assert_eq!(face.request("POST", "/index.html", b"").code(), (405, "method_not_allowed".to_owned()));
    assert_eq!(face.get("/nothing").code(), (404, NO_SUCH.to_owned()));

    // The interface wins.
    face.read("/light.json", "Light");
    assert_eq!(face.get("/openapi.json").json(), *face.document.root());

    let head = raw(face, "HEAD / HTTP/1.1\r\nhost: localhost");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("\r\ncontent-length: 7\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    let same =
        raw(face, &format!("GET / HTTP/1.1\r\nhost: localhost\r\nif-none-match: {}", root.header("etag")));
    assert!(same.starts_with("HTTP/1.1 304"), "{same}");
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "//../secret.txt",
        "/..\\secret.txt",
        "../secret.txt",
        "/assets/%00",
    ] {
        let answer = raw(face, &format!("GET {path} HTTP/1.1\r\nhost: localhost"));
        assert!(answer.starts_with("HTTP/1.1 40") && !answer.contains("secret"), "{path}: {answer}");
    }
    let foreign = raw(face, "GET / HTTP/1.1\r\nhost: evil.example");
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");
}

/// Asks with a path that no client library would send as it is.
fn raw(face: &Face, head: &str) -> String {
    let mut stream = TcpStream::connect(face.address).unwrap();
    stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
