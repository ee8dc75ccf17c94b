use serde_json::json;

use super::{Item, Shelf};
use crate::receiver::{FAULTS, Fault, Stage};

pub(super) const SHELF: Shelf =
    Shelf { name: "faults", about: "trouble that the receiver can make for a delivery", items, explain };

fn items() -> Vec<Item> {
    FAULTS
        .iter()
        .map(|fault| Item {
            name: fault.name.to_owned(),
            columns: vec![fault.arguments.join(", ")],
            text: fault.summary.to_owned(),
            json: json!({
                "name": fault.name,
                "summary": fault.summary,
                "arguments": fault.arguments,
                "statuses": fault.statuses,
                "breaks_the_connection": fault.connection_fault,
                "for_one_agency": fault.stage() == Stage::Request,
            }),
        })
        .collect()
}

fn explain(name: &str) -> Option<String> {
    let fault = Fault::named(name)?;
    let Fault { name, summary, .. } = fault;
    let scope = match fault.stage() {
        Stage::Request => "acts once a request was read, so for one agency alone",
        Stage::Accept => "acts before anything was read, so for whoever connects",
    };
    let resend = if fault.connection_fault { "\n  a sender may re-send of itself after it" } else { "" };
    let statuses: Vec<String> = fault.statuses.iter().map(u16::to_string).collect();
    let statuses = if statuses.is_empty() { String::new() } else { format!("\n  its status: {}", statuses.join(", ")) };
    let beside = match fault.arguments {
        [] => String::new(),
        keys => format!("\n  beside it may stand: {}", keys.join(", ")),
    };
    let example = match fault.stage() {
        Stage::Request => format!("- receiver: {{ agency: flat, answers: [{{ fault: {name} }}, 200] }}"),
        Stage::Accept => format!("alone: receiver\n  steps:\n    - disturb: {{ fault: {name} }}"),
    };
    Some(format!("{name}, a fault of the receiver\n  {summary}\n  {scope}{resend}{statuses}{beside}\n\n  {example}"))
}
