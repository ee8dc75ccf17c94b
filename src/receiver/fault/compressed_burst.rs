use std::sync::LazyLock;

use flate2::{Compress, Compression, Crc, FlushCompress};

use super::{Act, Fault};

/// The length of what the body unpacks to, in bytes, where the script gives none.
const SIZE: u64 = 100 << 20;
/// What one packed piece unpacks to, in bytes.
const PIECE: usize = 1 << 20;

/// The head of a gzip stream without a name or a date (RFC 1952 §2.3).
const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// An empty last block (RFC 1951 §3.2.6).
const LAST_BLOCK: &[u8] = &[3, 0];

pub(super) const FAULT: Fault = Fault {
    name: "compressed-burst",
    summary: "answers with a small gzip body that unpacks to `size` bytes, 100 MiB unless it says otherwise",
    connection_fault: false,
    arguments: &["status", "headers", "delay", "size"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            let status = exchange.answer.status_or(200);
            let pieces = exchange.answer.size().unwrap_or(SIZE).div_ceil(PIECE as u64);
            let length = GZIP.len() as u64 + pieces * PACKED.bytes.len() as u64 + LAST_BLOCK.len() as u64 + 8;
            let framing = [("Content-Encoding", "gzip"), ("Content-Length", &*length.to_string())];
            let head = exchange.head(status, &framing, "");
            exchange.send(status, &[&head, GZIP].concat()).await?;
            let mut checksum = Crc::new();
            for _ in 0..pieces {
                exchange.send(status, &PACKED.bytes).await?;
                checksum.combine(&PACKED.checksum);
            }
            let trailer = [checksum.sum().to_le_bytes(), checksum.amount().to_le_bytes()].concat();
            exchange.send(status, &[LAST_BLOCK, &trailer].concat()).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};

/// A piece of spaces, packed so that it can stand any number of times after itself.
struct Packed {
    bytes: Vec<u8>,
    checksum: Crc,
}

static PACKED: LazyLock<Packed> = LazyLock::new(|| {
    let (spaces, mut checksum) = (vec![b' '; PIECE], Crc::new());
    checksum.update(&spaces);
    let mut bytes = Vec::with_capacity(PIECE);
    // A full flush ends at a whole byte and leaves nothing to refer back to. Packing into memory with room does not fail.
    let _ = Compress::new(Compression::best(), false).compress_vec(&spaces, &mut bytes, FlushCompress::Full);
    Packed { bytes, checksum }
});
