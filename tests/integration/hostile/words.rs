//! Words that would act on whoever reads them: a terminal, a browser, a spreadsheet, a parser of XML.

use super::{
    kit::Row,
    stage::{At, DEVELOPER, HOOK, Play, answer, delivery, post, say},
};

/// Escapes of a terminal (a colour, a title, a link, the clipboard), marks that reorder, markup, formulas, entities.
const WORDS: &str = "\u{1b}[31m\u{1b}]0;owned\u{7}\u{1b}]8;;http://evil.example\u{7}\u{1b}]52;c;bWluZQ==\u{7}\u{9b}2J\u{8}\
                     \r\u{202e}gnp.exe <script>alert(1)</script>]]>--><!-- &lt;&#27; =cmd|' /C calc'!A0 @SUM(1) \
                     ::error::owned {{ 7*7 }} {% raw %} %s%n $(id) `id`";

const fn row(name: &'static str, at: At, code: i32, play: Play) -> Row {
    Row { name, at, play, code }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// As much of the words as may stand in a line of HTTP.
fn in_a_line() -> String {
    WORDS.chars().filter(|letter| !letter.is_control()).collect()
}

pub(super) const ROWS: &[Row] = &[
    row("words for a refusal", At::Everyone, 4, |stream, _| {
        say(stream, &answer("401 Unauthorized", "Content-Type: text/plain\r\n", WORDS.as_bytes()))
    }),
    row("words for a reason and for headers", At::Everyone, 4, |stream, _| {
        let headers = format!("X-Words: {0}\r\nRetry-After: {0}\r\nDate: {0}\r\n", in_a_line());
        say(stream, &answer(&format!("403 {}", in_a_line()), &headers, b""))
    }),
    row("words for a token", At::Oauth, 1, |stream, _| {
        let body = format!("{{\"x-crm-token\":{0},{0}:{0},\"expires_in\":{0}}}", quoted(WORDS));
        say(stream, &answer("200 OK", "", body.as_bytes()))
    }),
    row("words for a token's place", At::Oauth, 0, |stream, _| {
        let body = format!("{{{}:{{\"token\":\"another-token-0123456789\"}}}}", quoted(WORDS));
        say(stream, &answer("200 OK", "", body.as_bytes()))
    }),
    row("words for a redirect", At::Oauth, 1, |stream, _| {
        say(stream, &answer("302 Found", &format!("Location: {}:{}\r\n", "javascript", in_a_line()), b""))
    }),
    row("words for a link", At::Integrate, 1, |stream, scene| {
        let link = format!("http://{}/connect?{WORDS}", scene.address);
        say(stream, &answer("200 OK", "", format!("{{\"url\":{}}}", quoted(&link)).as_bytes()))
    }),
    row("words for a link's host", At::Integrate, 1, |stream, _| {
        let link = format!("http://{}.example/", in_a_line());
        say(stream, &answer("200 OK", "", format!("{{\"url\":{}}}", quoted(&link)).as_bytes()))
    }),
    row("words for a page", At::Page, 3, |stream, _| {
        let page = format!(
            "<title>{WORDS}</title><h1>{WORDS}</h1><form method=post action=/nowhere><button>{WORDS}</button></form>"
        );
        say(stream, &answer("200 OK", "Content-Type: text/html\r\n", page.as_bytes()))
    }),
    row("words for where a page leads", At::Page, 3, |stream, _| {
        say(stream, &answer("302 Found", &format!("Location: http://{}/\r\n", "%1b%5b31m.example"), b""))
    }),
    row("words for an agency", At::Hook, 0, |_, scene| {
        post(scene.hook, HOOK, &delivery("0123456789012345678901234567890123456789", WORDS)).map(|_| ())
    }),
    row("words for an agency that is the right one before them", At::Hook, 1, |_, scene| {
        let agency = format!("{}{WORDS}", scene.agency);
        post(scene.hook, HOOK, &delivery("0123456789012345678901234567890123456789", &agency)).map(|_| ())
    }),
    row("words for a delivery's head", At::Hook, 1, |stream, scene| {
        let body = delivery("0123456789012345678901234567890123456789", &scene.agency);
        let head = format!(
            "PO\u{30}ST /hooks/<script>%1b[31m?crm={0} HTTP/1.1\r\nHost: x\r\nContent-Type: text/{0}\r\nUser-Agent: {0}\r\n\
             Connection: close\r\nContent-Length: {1}\r\n\r\n",
            "\"'<b>]]>",
            body.len()
        );
        say(stream, &[head.as_bytes(), &body].concat())?;
        std::io::copy(stream, &mut std::io::sink()).map(|_| ())
    }),
    row("words for a listing's answer", At::Listing, 1, |stream, _| {
        let body = format!("{{\"id\":{0},\"error\":{0}}}", quoted(WORDS));
        say(stream, &answer("422 Unprocessable Content", "Content-Type: application/json\r\n", body.as_bytes()))
    }),
    row("words for a mail", At::Mail, 1, |stream, scene| {
        let words: String = WORDS.chars().filter(|letter| !"\r\n".contains(*letter)).collect();
        let mail = format!(
            "EHLO {words}\r\nMAIL FROM:<no-reply@matchouse.example>\r\nRCPT TO:<{DEVELOPER}>\r\nDATA\r\nFrom: {words} \
             <no-reply@matchouse.example>\r\nTo: {DEVELOPER}\r\nSubject: {words}\r\n\r\nagencyId: {}\r\n{words}\r\n.\r\nQUIT\r\n",
            scene.agency
        );
        for line in mail.split_inclusive("\r\n") {
            say(stream, line.as_bytes())?;
        }
        std::io::copy(stream, &mut std::io::sink()).map(|_| ())
    }),
];
