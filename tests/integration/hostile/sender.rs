//! Whoever finds the webhook's port, and what a sender itself may do wrong.

use std::{io, net::TcpStream};

use super::{
    kit::Row,
    stage::{At, HOOK, KEY, Play, Scene, delivery, post, posted, say},
};

const fn row(name: &'static str, code: i32, play: Play) -> Row {
    Row { name, at: At::Hook, play, code }
}

/// Posts the same again and again, each time on a connection of its own.
fn many(times: usize, scene: &Scene, target: &str, body: impl Fn(usize) -> Vec<u8>) -> io::Result<()> {
    for number in 0..times {
        post(scene.hook, target, &body(number))?;
    }
    Ok(())
}

fn forged(number: usize) -> Vec<u8> {
    delivery(&format!("{KEY}-forged-{number:024}"), &format!("nobody-{number}"))
}

pub(super) const ROWS: &[Row] = &[
    row("two thousand forged deliveries", 0, |_, scene| many(2000, scene, HOOK, forged)),
    row("two thousand deliveries to wrong paths", 0, |_, scene| {
        many(2000, scene, "/hooks/matchouse/../../etc/passwd", forged)
    }),
    row("a thousand connections that never speak", 0, |_, scene| {
        let idle: Vec<_> = (0..1000).filter_map(|_| TcpStream::connect(scene.hook).ok()).collect();
        post(scene.hook, "/elsewhere", b"{}")?;
        drop(idle);
        Ok(())
    }),
    row("noise in place of HTTP", 0, |stream, _| say(stream, &b"\x00\x01\xfe\xff".repeat(1 << 14))),
    row("a request line without end", 0, |stream, _| say(stream, &b"POST /hooks".repeat(1 << 16))),
    row("headers without end", 0, |stream, _| {
        say(stream, b"POST / HTTP/1.1\r\n")?;
        say(stream, &b"X-Flood: 1\r\n".repeat(1 << 16))
    }),
    row("two lengths and chunks at once", 0, |stream, _| {
        say(
            stream,
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST",
        )
    }),
    row("a delivery of 32 MiB", 0, |stream, _| say(stream, &posted("/elsewhere", &vec![b'['; 32 << 20]))),
    row("a delivery that is announced and never comes", 0, |stream, _| {
        say(stream, b"POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{")
    }),
    row("a delivery nested 100,000 deep", 0, |_, scene| {
        post(scene.hook, "/elsewhere", "[".repeat(100_000).as_bytes()).map(|_| ())
    }),
    row("a delivery that is not UTF-8", 0, |_, scene| {
        post(scene.hook, "/elsewhere", b"{\"x-api-key\":\"\xff\xfe\",\"agencyId\":\"\x80\"}").map(|_| ())
    }),
    row("a delivery whose members come twice", 0, |_, scene| {
        let body = format!(
            "{{\"x-api-key\":\"{KEY}-first-0000000000000000\",\"x-api-key\":7,\"agencyId\":\"{agency}\",\"agencyId\":\"{agency}\"}}",
            agency = scene.agency
        );
        post(scene.hook, HOOK, body.as_bytes()).map(|_| ())
    }),
    row("a delivery with numbers out of range", 1, |_, scene| {
        let body = format!("{{\"x-api-key\":1e999,\"agencyId\":\"{}\"}}", scene.agency);
        post(scene.hook, HOOK, body.as_bytes()).map(|_| ())
    }),
    row("a key of half a megabyte", 0, |_, scene| {
        post(scene.hook, "/elsewhere", &delivery(&KEY.repeat(1 << 15), "nobody")).map(|_| ())
    }),
];
