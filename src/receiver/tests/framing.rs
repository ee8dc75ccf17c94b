//! Answers with trouble in their framing, byte for byte.

use std::io::Read as _;

use super::*;
use crate::evidence::{Answered, Ended};

/// What a fault puts on the wire, whether a FIN ends it, and what is recorded of it.
async fn shown(answer: &str) -> (Vec<u8>, bool, Answered) {
    let house = House::armed(&format!("[{{ {answer} }}]"));
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    let (bytes, by_fin) = peer.bytes().await;
    (bytes, by_fin, house.ended().await.answered)
}

/// The same as text without the date, which is another each time.
async fn shown_text(answer: &str) -> String {
    let (bytes, by_fin, answered) = shown(answer).await;
    assert!(by_fin, "{answer}");
    assert!(answer.contains(&answered.fault), "{answered:?}");
    let text = String::from_utf8(bytes).unwrap();
    text.split_inclusive('\n').filter(|line| !line.starts_with("Date: ")).collect::<String>().replace('\r', "")
}

#[tokio::test]
async fn headers_are_cut_within_a_line() {
    let (bytes, by_fin, answered) = shown("fault: close-mid-headers, status: 200, body: abc").await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\nContent-Length:"), "{text}");
    assert!(by_fin && answered.connection_fault);
    assert_eq!(answered.ended, Ended::WeClosed);
}

#[tokio::test]
async fn a_status_line_is_malformed_and_the_rest_is_not() {
    let text = shown_text("fault: malformed-status-line, body: abc").await;
    assert_eq!(text, "HTTP/1.1 two-hundred OK\nContent-Length: 3\n\nabc");
}

#[tokio::test]
async fn a_header_is_malformed_and_the_rest_is_not() {
    let text = shown_text("fault: malformed-header, status: 503, body: abc").await;
    assert_eq!(text, "HTTP/1.1 503 Service Unavailable\nno\0header\nContent-Length: 3\n\nabc");
}

#[tokio::test]
async fn lengths_are_wrong_double_missing_and_at_odds_with_chunks() {
    let texts = [
        shown_text("fault: content-length-short, body: abcdef").await,
        shown_text("fault: content-length-double, body: abcdef").await,
        shown_text("fault: content-length-missing, body: abcdef").await,
        shown_text("fault: content-length-and-chunks, body: abcdef").await,
        shown_text("fault: broken-chunks, body: abcdef").await,
        shown_text("fault: close-mid-chunks, body: abcdef").await,
        shown_text("fault: content-length-long, body: abcdef, hold: 10ms").await,
    ];
    insta::assert_snapshot!(texts.join("\n--\n"), @r"
    HTTP/1.1 200 OK
    Content-Length: 3

    abcdef
    --
    HTTP/1.1 200 OK
    Content-Length: 6
    Content-Length: 3

    abcdef
    --
    HTTP/1.1 200 OK

    abcdef
    --
    HTTP/1.1 200 OK
    Content-Length: 6
    Transfer-Encoding: chunked

    6
    abcdef
    0


    --
    HTTP/1.1 200 OK
    Transfer-Encoding: chunked

    many
    abcdef
    0


    --
    HTTP/1.1 200 OK
    Transfer-Encoding: chunked

    6
    abcdef

    --
    HTTP/1.1 200 OK
    Content-Length: 12

    abcdef
    ");
}

#[tokio::test]
async fn a_length_that_is_too_long_holds_the_sender_until_it_leaves() {
    let house = House::armed("[{ fault: content-length-long, body: abc }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    let answer = async {
        let mut read = String::new();
        while !read.ends_with("\r\n\r\nabc") {
            read.push(char::from(peer.0.read_u8().await.unwrap()));
        }
    };
    timeout(DEADLINE, answer).await.unwrap();
    assert_eq!(house.receiver.open_exchanges(), 1);
    drop(peer);
    assert_eq!(house.ended().await.answered.ended, Ended::PeerClosed);
}

#[tokio::test]
async fn interim_answers_come_before_the_last_and_the_connection_lives_on() {
    let house = House::armed("[{ fault: interim-first, body: abc }, 200]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    let mut heads = Vec::new();
    for _ in 0..2 {
        heads.push(peer.answer().await);
    }
    assert_eq!(heads[0], "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(heads[1], "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
    assert!(peer.answer().await.starts_with("HTTP/1.1 200 OK\r\n"));
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(status(&peer.answer().await), 200);
    assert_eq!(house.deliveries()[0].answered.status, 200);
}

#[tokio::test]
async fn an_answer_that_is_followed_by_a_close_says_so_or_does_not() {
    let said = shown_text("fault: connection-close, body: abc").await;
    assert_eq!(said, "HTTP/1.1 200 OK\nConnection: close\nContent-Length: 3\n\nabc");
    let unsaid = shown_text("fault: answer-then-close, body: abc").await;
    assert_eq!(unsaid, "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc");
}

#[tokio::test]
async fn an_endless_answer_goes_on_until_the_sender_leaves_or_its_time_is_up() {
    let house = House::armed("[{ fault: endless }, { fault: endless, hold: 50ms }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    let mut much = vec![0; 64 * 1024];
    timeout(DEADLINE, peer.0.read_exact(&mut much)).await.unwrap().unwrap();
    drop(peer);
    assert!(matches!(house.ended().await.answered.ended, Ended::PeerClosed | Ended::PeerReset));
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    let (bytes, by_fin) = peer.bytes().await;
    assert!(by_fin && bytes.ends_with(b"x\r\n") && !bytes.ends_with(b"0\r\n\r\n"));
}

#[tokio::test]
async fn an_answer_is_as_oversized_as_it_says() {
    let (bytes, _, answered) = shown("fault: oversized, size: 1000000").await;
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    assert!(String::from_utf8_lossy(&bytes[..head]).contains("Content-Length: 1000000\r\n"));
    assert_eq!((bytes.len() - head, answered.ended), (1_000_000, Ended::Answered));
    let (bytes, ..) = shown("fault: oversized-headers, size: 100000, body: abc").await;
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    assert!(head > 100_000 && bytes.ends_with(b"\r\n\r\nabc"), "{head}");
}

#[tokio::test]
async fn a_compressed_burst_is_sound_gzip_and_small() {
    const SIZE: usize = 3 << 20;
    let (bytes, _, answered) = shown(&format!("fault: compressed-burst, size: {SIZE}")).await;
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let announced = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", bytes.len() - head);
    assert!(String::from_utf8_lossy(&bytes[..head]).contains(&announced));
    assert!(bytes.len() < 50_000, "{}", bytes.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&bytes[head..]).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked.len() == SIZE && unpacked.iter().all(|byte| *byte == b' '));
    assert_eq!(answered.status, 200);
}

#[tokio::test]
async fn retry_after_is_said_in_each_form() {
    let house = House::armed(
        "[{ fault: retry-after-seconds, wait: 7s }, { fault: retry-after-date, wait: 1h }, { fault: retry-after-past }, \
         { fault: retry-after-huge, status: 503 }, { fault: retry-after-garbage }]",
    );
    let mut told = Vec::new();
    for _ in 0..5 {
        let answer = house.send(&delivery(ID, KEY)).await;
        let value = answer.lines().find_map(|line| line.strip_prefix("Retry-After: ")).unwrap().to_owned();
        told.push((status(&answer), value));
    }
    let now = std::time::SystemTime::now();
    let date = |value: &str| httpdate::parse_http_date(value).unwrap();
    assert_eq!(told[0], (429, "7".into()));
    let ahead = date(&told[1].1).duration_since(now).unwrap();
    assert!((3_500..=3_600).contains(&ahead.as_secs()), "{ahead:?}");
    assert!(now.duration_since(date(&told[2].1)).unwrap().as_secs() >= 3_600 - 1);
    assert!(
        told[3].0 == 503 && told[3].1.parse::<u64>().is_err() && told[3].1.bytes().all(|byte| byte.is_ascii_digit())
    );
    assert_eq!(told[4], (429, "when the moon is full".into()));
}
