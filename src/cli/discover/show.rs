use std::fmt::Write as _;

use super::pin::Pinned;
use crate::{
    dialect::PARTS,
    profile::Listing,
    report::{Report, clean, counted},
};

/// All parts of a dialect, what was found of each, and why the others were not seen.
pub(super) fn table(report: &Report, listing: Option<&Listing>) -> String {
    let run = &report.run;
    let mut text = format!(
        "how `{}` at {} answers where the guide leaves the form open\n\n",
        clean(&run.target),
        clean(&run.base_url)
    );
    let name = PARTS.iter().map(|part| part.name.len()).max().unwrap_or_default();
    let parts: Vec<_> = PARTS.iter().map(|part| (part, (part.shown)(&report.seen_dialect))).collect();
    for (part, shown) in &parts {
        let shown = shown.as_deref().map_or_else(|| "not seen".to_owned(), clean);
        let _ = writeln!(text, "  {:<name$}  {shown}\n  {:<name$}    {}", part.name, "", part.about);
    }
    let _ = writeln!(text, "  {:<name$}  {}", "listings", listing.map_or("not in the profile".to_owned(), surface));
    let why: Vec<String> = not_seen(report);
    if parts.iter().any(|(_, shown)| shown.is_none()) && !why.is_empty() {
        let _ = writeln!(text, "\nwhy not all was seen");
        for why in why {
            let _ = writeln!(text, "  - {}", clean(&why));
        }
    }
    text
}

/// Where and how listings are pushed, which the profile says and nobody can discover.
fn surface(listing: &Listing) -> String {
    let envelope = listing.envelope.as_ref().map(|name| format!(" under `{name}`")).unwrap_or_default();
    clean(&format!("{} {}{envelope}, as the profile gives it", listing.method.name(), listing.path))
}

/// Why scenarios that look did not come to their end.
fn not_seen(report: &Report) -> Vec<String> {
    let judgements = report.requirements.iter().flat_map(|row| &row.judgements);
    let mut why: Vec<String> = judgements.filter_map(|judgement| judgement.not_executed.clone()).collect();
    why.dedup();
    why
}

/// The whole answer in one sentence, after what differs where something does.
pub(super) fn answer(report: &Report, pinned: &Pinned) -> String {
    let known = PARTS.iter().filter(|part| (part.shown)(&report.seen_dialect).is_some()).count();
    let found = format!("{known} of {} found", counted(PARTS.len(), "part"));
    let target = clean(&report.run.target);
    match pinned {
        Pinned::Written(path) => format!("{target}: {found}, and pinned in {}", path.display()),
        Pinned::Agrees(path) => format!("{target}: {found}, and {} agrees with them", path.display()),
        Pinned::Nowhere => format!(
            "{target}: {found}, and pinned nowhere: add `dialect = \"pinned.toml\"` to the target, or name a file by `--file`"
        ),
        Pinned::InProfile => format!(
            "{target}: {found}, and not written: the profile pins it in its own text; write `dialect = \"pinned.toml\"` \
             there instead"
        ),
        Pinned::Differs { path, drift } => {
            let lines = drift.iter().map(|drift| format!("  - {}\n", clean(&drift.to_string())));
            format!(
                "{} says otherwise\n{}{target}: {found}, and not written: {} of {} not as pinned; `--force` overwrites it",
                path.display(),
                lines.collect::<String>(),
                drift.len(),
                path.display(),
            )
        }
    }
}
