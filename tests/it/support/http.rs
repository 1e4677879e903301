//! One request on one connection, as far as a test needs a browser.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// As it came, without the body.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The value of the first header line of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Where it leads.
    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }
}

/// Sends a request line and header lines, each ended by CRLF, to a port of this machine. What the body needs is added.
pub async fn ask(origin: &str, head: &str, body: impl AsRef<[u8]>) -> Answer {
    let port = origin.rsplit(':').next().unwrap().parse().unwrap();
    let length = body.as_ref().len();
    let asked = format!("{head}Host: localhost:{port}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(asked.as_bytes()).await.unwrap();
    // One that is refused for its length may not be read to its end.
    let _ = stream.write_all(body.as_ref()).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.into(), body: body.into() }
}
