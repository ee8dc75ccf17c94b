use super::{Format, RenderError, Report};
use crate::dialect::Head;

pub(super) const FORMAT: Format = Format {
    name: "dialect",
    file: "dialect.toml",
    about: "the target's way of answering where the guide leaves it open, as a profile can pin it",
    render,
};

#[expect(clippy::unnecessary_wraps, reason = "other formats can fail")]
fn render(report: &Report) -> Result<Vec<u8>, RenderError> {
    let head = Head {
        target: &report.run.target,
        base_url: &report.run.base_url,
        version: &report.tool.version,
        when: &report.run.began,
    };
    Ok(report.seen_dialect.to_file(&head).into_bytes())
}
