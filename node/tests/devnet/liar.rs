//! A man in the middle that changes one bit of one field.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

pub struct Liar {
    pub url: String,
    lies: Arc<AtomicUsize>,
}

impl Liar {
    /// Stands before a node and alters the given field wherever it occurs.
    pub fn before(node: &str, field: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (node, lies) = (node.to_owned(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&lies);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serve(stream, &node, field, &counted);
            }
        });
        Self { url, lies }
    }

    pub fn lies(&self) -> usize {
        self.lies.load(Ordering::SeqCst)
    }

    pub fn reset(&self) {
        self.lies.store(0, Ordering::SeqCst);
    }
}

fn serve(mut stream: TcpStream, node: &str, field: &str, lies: &AtomicUsize) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut request = String::new();
    if reader.read_line(&mut request).is_err() {
        return;
    }
    let mut header = String::new();
    while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
    // Sets are recognised by their own root; what is under test is the answer itself.
    let honest = path.starts_with("/state/73");
    let text = match ureq::get(&format!("{node}{path}")).call() {
        Ok(mut answer) => answer.body_mut().read_to_string().unwrap(),
        Err(_) => return,
    };
    let text = if honest { text } else { alter(text, field, lies) };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes()));
}

/// Flips the lowest bit of the last hexadecimal digit of the field.
fn alter(mut text: String, field: &str, lies: &AtomicUsize) -> String {
    let name = format!("\"{field}\":\"");
    let Some(start) = text.find(&name).map(|at| at + name.len()) else { return text };
    let Some(end) = text[start..].find('"').map(|at| start + at) else { return text };
    if end == start {
        return text;
    }
    let digit = u8::from_str_radix(&text[end - 1..end], 16).unwrap() ^ 1;
    text.replace_range(end - 1..end, &format!("{digit:x}"));
    lies.fetch_add(1, Ordering::SeqCst);
    text
}
