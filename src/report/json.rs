use super::{Format, RenderError, Report};

pub(super) const FORMAT: Format = Format {
    name: "json",
    file: "report.json",
    about: "the whole report, versioned, as its JSON Schema describes it",
    render,
};

fn render(report: &Report) -> Result<Vec<u8>, RenderError> {
    let mut bytes = serde_json::to_vec_pretty(report)
        .map_err(|error| RenderError { format: FORMAT.name, reason: error.to_string() })?;
    bytes.push(b'\n');
    Ok(bytes)
}
