use std::{fs, os::unix::fs::symlink, path::Path};

use axum::http::StatusCode;

use super::*;

/// A folder as a bundler leaves it, with compressed copies.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("index.html", "<p>page"),
        ("index.html.br", "br of index"),
        ("index.html.gz", "gz of index"),
        ("assets/index-CezsLBg2.js", "code"),
        ("assets/index-CezsLBg2.js.gz", "gz of code"),
        ("assets/plain.css", "p {}"),
        ("logo.svg", "<svg/>"),
    ] {
        write(folder.path(), name, content.as_bytes());
    }
    folder
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn asked(pairs: &[(HeaderName, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
}

fn get(site: &Site, path: &str, pairs: &[(HeaderName, &str)]) -> Response {
    site.answer(&Method::GET, path, &asked(pairs)).unwrap()
}

fn header(response: &Response, name: HeaderName) -> &str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

fn body(response: Response) -> String {
    let bytes = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 1 << 20)).unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn files_go_out_with_type_policy_and_age() {
    use load::HTML;
    let folder = folder();
    let site = Site::load(folder.path()).unwrap();
    for (path, kind, age, text) in [
        ("/", HTML, ASK_AGAIN, "<p>page"),
        ("/index.html", HTML, ASK_AGAIN, "<p>page"),
        ("/assets/index-CezsLBg2.js", "text/javascript; charset=utf-8", FOR_EVER, "code"),
        ("/assets/plain.css", "text/css; charset=utf-8", ASK_AGAIN, "p {}"),
        ("/logo.svg", "image/svg+xml", ASK_AGAIN, "<svg/>"),
    ] {
        let response = get(&site, path, &[]);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, CONTENT_TYPE), kind, "{path}");
        assert_eq!(header(&response, CACHE_CONTROL), age, "{path}");
        assert_eq!(header(&response, X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        let policy = if kind == HTML { POLICY } else { "" };
        assert_eq!(header(&response, CONTENT_SECURITY_POLICY), policy, "{path}");
        assert_eq!(body(response), text, "{path}");
    }
}

#[test]
fn copies_are_chosen_and_each_has_a_tag() {
    let folder = folder();
    let site = Site::load(folder.path()).unwrap();
    let mut tags = Vec::new();
    for (wanted, coding, text) in
        [("gzip, br", "br", "br of index"), ("gzip", "gzip", "gz of index"), ("", "", "<p>page")]
    {
        let response = get(&site, "/", &[(ACCEPT_ENCODING, wanted)]);
        assert_eq!(header(&response, CONTENT_ENCODING), coding);
        assert_eq!(header(&response, VARY), "accept-encoding");
        assert_eq!(header(&response, CONTENT_TYPE), load::HTML, "of what is compressed");
        tags.push(header(&response, ETAG).to_owned());
        assert_eq!(body(response), text);

        let tag = tags.last().unwrap().as_str();
        for same in [tag, "*", &format!("\"x\", W/{tag}")] {
            let response = get(&site, "/", &[(ACCEPT_ENCODING, wanted), (IF_NONE_MATCH, same)]);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{same}");
            assert_eq!((header(&response, ETAG), header(&response, CACHE_CONTROL)), (tag, ASK_AGAIN));
            assert_eq!(body(response), "");
        }
        for other in ["\"x\"", tag.trim_matches('"'), ""] {
            assert_eq!(get(&site, "/", &[(IF_NONE_MATCH, other)]).status(), StatusCode::OK, "{other}");
        }
    }
    tags.dedup();
    assert_eq!(tags.len(), 3);
    let single = get(&site, "/assets/plain.css", &[(ACCEPT_ENCODING, "br")]);
    assert_eq!((header(&single, CONTENT_ENCODING), header(&single, VARY)), ("", ""));
}

#[test]
fn only_what_was_read_is_there_and_only_to_be_read() {
    let folder = folder();
    let site = Site::load(folder.path()).unwrap();
    for path in [
        "",
        "/assets",
        "/assets/",
        "/nothing.html",
        "/index.html/",
        "//index.html",
        "/./index.html",
        "/INDEX.html",
        "/index.html.br",
        "/assets/../index.html",
        "/../outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e/outside.txt",
        "/assets\\..\\index.html",
        "/etc/passwd",
        "/index.html\0",
    ] {
        let answer = site.answer(&Method::GET, path, &HeaderMap::new());
        assert!(matches!(answer, Err(ApiError::NotFound("route"))), "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = site.answer(&method, "/index.html", &HeaderMap::new());
        assert!(matches!(answer, Err(ApiError::Method)), "{method}");
    }
    // Later changes on the disk are not seen.
    fs::write(folder.path().join("index.html"), "other").unwrap();
    assert_eq!(body(get(&site, "/", &[])), "<p>page");
}

#[test]
fn hashes_are_told_from_words() {
    for path in ["/assets/index-CezsLBg2.css", "/assets/a-Df-QPiC8.js", "/assets/b-CCsSnyO_.js.map"] {
        assert_eq!(has_hash(path), !path.ends_with(".map"), "{path}");
    }
    for path in [
        "/index-CezsLBg2.css",
        "/assets/light-database.js",
        "/assets/CezsLBg2.css",
        "/assets/index.css",
        "/assets/",
        "/assets/aäßöüäßö.js",
    ] {
        assert!(!has_hash(path), "{path}");
    }
}

#[test]
fn folders_that_break_a_rule_are_refused() {
    let refusal = |prepare: &dyn Fn(&Path)| {
        let folder = folder();
        prepare(folder.path());
        Site::load(folder.path()).unwrap_err()
    };
    assert!(matches!(Site::load(Path::new("/nonexistent/folder")), Err(SiteError::Io { .. })));
    assert!(matches!(refusal(&|at| fs::remove_dir_all(at).unwrap()), SiteError::Io { .. }));
    assert!(matches!(
        refusal(&|at| {
            for name in ["index.html", "index.html.br", "index.html.gz"] {
                fs::remove_file(at.join(name)).unwrap();
            }
        }),
        SiteError::NoIndex(_)
    ));
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "secret.txt", b"secret");
    let link = |at: &Path| symlink(outside.path().join("secret.txt"), at.join("link.txt")).unwrap();
    assert!(matches!(refusal(&link), SiteError::NotPlain(_)));
    let link = |at: &Path| symlink(outside.path(), at.join("more")).unwrap();
    assert!(matches!(refusal(&link), SiteError::NotPlain(_)));
    let socket = |at: &Path| drop(std::os::unix::net::UnixListener::bind(at.join("s.txt")).unwrap());
    assert!(matches!(refusal(&socket), SiteError::NotPlain(_)));
    for name in ["a b.txt", "a%41.txt", "ä.txt", "a?.txt"] {
        assert!(matches!(refusal(&|at| write(at, name, b"")), SiteError::Name(_)), "{name}");
    }
    for name in ["run.exe", "README", ".hidden", "a.html~.bak"] {
        let error = refusal(&|at| write(at, name, b""));
        assert!(matches!(error, SiteError::Kind(_) | SiteError::Name(_)), "{name}: {error}");
    }
    for name in ["other.js.br", "other.js.gz", "index.html.br.gz"] {
        let error = refusal(&|at| write(at, name, b""));
        assert!(matches!(error, SiteError::Orphan(_)), "{name}: {error}");
    }
}

#[test]
fn bounds_hold_to_the_last_file_and_byte() {
    let at = tempfile::tempdir().unwrap();
    write(at.path(), "index.html", b"");
    for index in 1..64 {
        write(at.path(), &format!("{index}.txt"), b"");
    }
    assert!(Site::load(at.path()).is_ok());
    write(at.path(), "64.txt", b"");
    assert!(matches!(Site::load(at.path()), Err(SiteError::TooMany(_))));

    let at = tempfile::tempdir().unwrap();
    write(at.path(), "index.html", b"12345678");
    write(at.path(), "large.wasm", &vec![0; (16 << 20) - 8]);
    assert!(Site::load(at.path()).is_ok());
    write(at.path(), "one.txt", b"1");
    assert!(matches!(Site::load(at.path()), Err(SiteError::TooLarge(_))));

    let at = tempfile::tempdir().unwrap();
    write(at.path(), "index.html", b"");
    for index in 0..63 {
        fs::create_dir(at.path().join(index.to_string())).unwrap();
    }
    assert!(Site::load(at.path()).is_ok());
    fs::create_dir_all(at.path().join("0/1")).unwrap();
    assert!(matches!(Site::load(at.path()), Err(SiteError::TooMany(_))));
}
