//! Platforms that answer otherwise than any server should.

use std::{io::Write, sync::LazyLock};

use flate2::{Compression, write::GzEncoder};

use super::{
    kit::Row,
    stage::{At, Play, Scene, Stream, TOKEN, answer, say},
};

const fn row(name: &'static str, at: At, code: i32, play: Play) -> Row {
    Row { name, at, play, code }
}

/// A small gzip that holds 512 MiB: many members, one after another (RFC 1952, section 2.2).
static BURST: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(&vec![b'a'; 1 << 20]).repeat(512));

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// The same bytes again and again, until the other side has had enough.
fn without_end(stream: &mut dyn Stream, bytes: &[u8]) -> std::io::Result<()> {
    let many = bytes.repeat((1 << 16) / bytes.len() + 1);
    loop {
        stream.write_all(&many)?;
    }
}

/// One byte of these at a time, again and again, slower than anybody waits for.
fn dripping(stream: &mut dyn Stream, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes.iter().cycle() {
        say(stream, &[*byte])?;
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Ok(())
}

fn silent(stream: &mut dyn Stream) -> std::io::Result<()> {
    std::io::copy(stream, &mut std::io::sink()).map(|_| ())
}

fn json(stream: &mut dyn Stream, text: &str) -> std::io::Result<()> {
    say(stream, &answer("200 OK", "Content-Type: application/json\r\n", text.as_bytes()))
}

fn redirect(stream: &mut dyn Stream, status: &str, to: &str) -> std::io::Result<()> {
    say(stream, &answer(status, &format!("Location: {to}\r\n"), b""))
}

fn nested(depth: usize) -> String {
    format!("{{\"x-crm-token\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
}

fn elsewhere(scene: &Scene) -> String {
    format!("http://{}/crm/oauth", scene.canary)
}

pub(super) const ROWS: &[Row] = &[
    row("nothing of the kind", At::Nowhere, 0, |_, _| Ok(())),
    // Connections.
    row("a connection that never speaks", At::Connection, 4, |stream, _| silent(stream)),
    row("a connection that is closed at once", At::Connection, 4, |_, _| Ok(())),
    row("noise without end in place of HTTP", At::Connection, 4, |stream, _| without_end(stream, b"\x00\xff\x1b[2J")),
    row("an answer of another protocol", At::Connection, 4, |stream, _| say(stream, b"SSH-2.0-OpenSSH_9.9\r\n")),
    // Heads.
    row("a status line without end", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 ")?;
        without_end(stream, b"A")
    }),
    row("a status that is no number", At::Oauth, 4, |stream, _| say(stream, b"HTTP/1.1 2OO OK\r\n\r\n")),
    row("a status of 999", At::Oauth, 1, |stream, _| say(stream, &answer("999 Whatever", "", b""))),
    row("a million headers", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\n")?;
        without_end(stream, b"X-Flood: 1\r\n")
    }),
    row("a header without end", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\nX-Long: ")?;
        without_end(stream, b"long")
    }),
    row("headers that drip", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\n")?;
        dripping(stream, b"X: 1\r\n")
    }),
    row("interim answers without end", At::Oauth, 4, |stream, _| {
        without_end(stream, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    }),
    row("two lengths at odds", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello")
    }),
    row("a length beyond all numbers", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\n")
    }),
    row("a length of 9 EiB and silence", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{")?;
        silent(stream)
    }),
    row("an upgrade that nobody asked for", At::Oauth, 1, |stream, _| {
        say(stream, b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")?;
        silent(stream)
    }),
    // Bodies.
    row("a body without end", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\n\r\n")?;
        without_end(stream, b"{\"x-crm-token\":")
    }),
    row("a body that drips", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")?;
        dripping(stream, b" ")
    }),
    row("a body of 64 MiB", At::Oauth, 4, |stream, _| say(stream, &answer("200 OK", "", &vec![b'{'; 64 << 20]))),
    row("a body that is cut", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"x-crm-token\":\"")
    }),
    row("chunks that are none", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\nhello\r\n0\r\n\r\n")
    }),
    row("a chunk longer than any memory", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffe\r\n")?;
        without_end(stream, b"hello")
    }),
    row("trailers without end", At::Oauth, 4, |stream, _| {
        say(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")?;
        without_end(stream, b"X-Flood: 1\r\n")
    }),
    row("a body compressed to burst", At::Oauth, 4, |stream, _| {
        say(stream, &answer("200 OK", "Content-Encoding: gzip\r\n", &BURST[..1 << 19]))
    }),
    row("a body compressed to burst twice over", At::Oauth, 4, |stream, _| {
        say(stream, &answer("200 OK", "Content-Encoding: gzip, gzip\r\n", &gzip(&BURST)))
    }),
    row("a body of a hundred codings", At::Oauth, 4, |stream, _| {
        let codings = format!("Content-Encoding: {}\r\n", ["gzip"; 100].join(", "));
        say(stream, &answer("200 OK", &codings, &gzip(b"{}")))
    }),
    row("a coding that does not hold", At::Oauth, 4, |stream, _| {
        say(stream, &answer("200 OK", "Content-Encoding: br\r\n", b"{\"x-crm-token\":\"plain\"}"))
    }),
    row("a body that is not UTF-8", At::Oauth, 1, |stream, _| {
        say(stream, &answer("200 OK", "Content-Type: application/json\r\n", b"{\"x-crm-token\":\"\xff\xfe\x80\"}"))
    }),
    row("JSON nested 100,000 deep", At::Oauth, 1, |stream, _| json(stream, &nested(100_000))),
    row("JSON nested as deep as is read", At::Oauth, 1, |stream, _| json(stream, &nested(126))),
    row("JSON of 100,000 members", At::Oauth, 1, |stream, _| {
        json(stream, &format!("[{}0]", "{\"token\":\"\"},".repeat(60_000)))
    }),
    row("numbers out of range", At::Oauth, 0, |stream, _| {
        let text = format!("{{\"x-crm-token\":\"{TOKEN}\",\"expires_in\":1{},\"at\":-1e308}}", "0".repeat(300));
        json(stream, &text)
    }),
    row("a number beyond all range", At::Oauth, 1, |stream, _| {
        json(stream, &format!("{{\"x-crm-token\":\"{TOKEN}\",\"expires_in\":1e999999}}"))
    }),
    row("a member twice", At::Oauth, 0, |stream, _| {
        json(stream, &format!("{{\"x-crm-token\":\"{TOKEN}\",\"x-crm-token\":\"another-token-0123456789\"}}"))
    }),
    row("a token of half a megabyte", At::Oauth, 0, |stream, _| {
        json(stream, &format!("{{\"x-crm-token\":\"{}\"}}", "t".repeat(1 << 19)))
    }),
    row("ten thousand tokens", At::Oauth, 0, |stream, _| {
        let tokens: Vec<String> = (0..10_000).map(|number| format!("\"token-{number:032}\"")).collect();
        json(stream, &format!("{{\"x-crm-token\":[{}]}}", tokens.join(",")))
    }),
    // Redirects.
    row("a redirect to itself", At::Oauth, 1, |stream, scene| {
        redirect(stream, "307 Temporary Redirect", &format!("http://{}/crm/oauth", scene.address))
    }),
    row("a redirect to another host", At::Oauth, 1, |stream, scene| {
        redirect(stream, "308 Permanent Redirect", &elsewhere(scene))
    }),
    row("a redirect to a file", At::Oauth, 1, |stream, _| redirect(stream, "302 Found", "file:///etc/passwd")),
    // Limits and links.
    row("a limit that asks for a century", At::Everyone, 3, |stream, _| {
        say(stream, &answer("429 Too Many Requests", "Retry-After: 3153600000\r\n", b""))
    }),
    row("a limit that asks beyond all numbers", At::Everyone, 3, |stream, _| {
        say(stream, &answer("429 Too Many Requests", "Retry-After: 99999999999999999999999\r\n", b""))
    }),
    row("a link to a file", At::Integrate, 1, |stream, _| json(stream, "{\"url\":\"file:///etc/passwd\"}")),
    row("a link of half a megabyte", At::Integrate, 0, |stream, scene| {
        json(stream, &format!("{{\"url\":\"http://{}/connect?signature={}\"}}", scene.address, "s".repeat(1 << 19)))
    }),
    row("a link that is no URL", At::Integrate, 1, |stream, _| {
        json(stream, "{\"url\":\"http://[::1\\u0000]:99999/\"}")
    }),
    row("ten thousand links", At::Integrate, 0, |stream, scene| {
        let link = |number| format!("\"http://{}/connect?signature={number}\"", scene.address);
        let links: Vec<String> = (0..10_000).map(link).collect();
        json(stream, &format!("{{\"url\":[{}]}}", links.join(",")))
    }),
];
