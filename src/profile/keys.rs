//! Every key of a target as a person could write it: what stands in for a missing one, and what a cure shows.

use super::mask;
use crate::syntax::{Entry, Kind, Mistake, Node, Source, Span, parse_toml};

/// A key of a target.
struct Key {
    /// The table in which it stands; empty for the target itself.
    table: &'static str,
    /// The key with a value, in TOML.
    example: &'static str,
    /// Whether its table means nothing without it.
    required: bool,
}

const fn needed(table: &'static str, example: &'static str) -> Key {
    Key { table, example, required: true }
}

const fn free(table: &'static str, example: &'static str) -> Key {
    Key { table, example, required: false }
}

const KEYS: &[Key] = &[
    needed("", r#"base_url = "https://staging.example/api""#),
    needed("", r#"client_id = { env = "MATCHOUSE_CLIENT_ID" }"#),
    needed("", r#"client_secret = { env = "MATCHOUSE_CLIENT_SECRET" }"#),
    free(
        "",
        r#"second = { client_id = { env = "MATCHOUSE_SECOND_ID" }, client_secret = { env = "MATCHOUSE_SECOND_SECRET" } }"#,
    ),
    needed("second", r#"client_id = { env = "MATCHOUSE_SECOND_ID" }"#),
    needed("second", r#"client_secret = { env = "MATCHOUSE_SECOND_SECRET" }"#),
    free("", r#"webhook = { listen = "0.0.0.0:8443", public_url = "https://hooks.example/matchproof/3f9a" }"#),
    needed("webhook", r#"listen = "0.0.0.0:8443""#),
    needed("webhook", r#"public_url = "https://hooks.example/matchproof/3f9a""#),
    free("", r#"mailbox = { smtp = "0.0.0.0:2525", address = "dev@partner.example" }"#),
    free("mailbox", r#"smtp = "0.0.0.0:2525""#),
    free("mailbox", r#"mailpit = "http://127.0.0.1:8025""#),
    needed("mailbox", r#"address = "dev@partner.example""#),
    free("", r#"agency = { form = { accounts = "accounts.csv" }, allowed_hosts = ["login.example"] }"#),
    free("agency", r#"form = { accounts = "accounts.csv" }"#),
    free("agency.form", r#"accounts = "accounts.csv""#),
    free("agency.form", "register = true"),
    free("agency", "register = true"),
    free("agency", "manual = true"),
    free("agency", r#"command = ["./agree.sh"]"#),
    free("agency", r#"allowed_hosts = ["login.example"]"#),
    free("", r#"deliver_within = "30s""#),
    free("", r#"retry = { max_retries = 3, gaps = ["1m", "5m", "15m"] }"#),
    free("retry", "max_retries = 3"),
    free("retry", r#"attempt_timeout = "30s""#),
    free("retry", r#"gaps = ["1m", "5m", "15m"]"#),
    free("retry", r#"success = "200""#),
    free("retry", r#"resend_within = "1s""#),
    free("", "keys_per_agency = 1"),
    free("", "notice_after = 1"),
    free("", r#"rate = { probe_limit = 50, window = "60s", spend = true }"#),
    free("rate", "probe_limit = 50"),
    free("rate", "limit = 20"),
    free("rate", r#"window = "60s""#),
    free("rate", "spend = true"),
    free("", "probe_secrets = true"),
    free("", r#"listing = { path = "/listings", read = "GET /listings" }"#),
    needed("listing", r#"path = "/listings""#),
    free("listing", r#"base_url = "https://listings.example/api""#),
    free("listing", r#"method = "POST""#),
    free("listing", r#"read = "GET /listings""#),
    free("listing", r#"update = "PUT /listings/{id}""#),
    free("listing", r#"delete = "DELETE /listings/{id}""#),
    free("listing", r#"owner = "/account""#),
    free("listing", r#"envelope = "listing""#),
    free("listing", r#"flavour = "rightmove""#),
    free("", r#"clock = { advance = "POST http://127.0.0.1:9000/clock" }"#),
    needed("clock", r#"advance = "POST http://127.0.0.1:9000/clock""#),
    free("", r#"absent = { mailbox = "staging sends no mail" }"#),
    free("", r#"proxy = "http://proxy.example:3128""#),
    free("", r#"ca = ["ca/own.pem"]"#),
    free("", r#"timeouts = { connect = "10s", headers = "30s", total = "60s" }"#),
    free("timeouts", r#"connect = "10s""#),
    free("timeouts", r#"headers = "30s""#),
    free("timeouts", r#"total = "60s""#),
    free("", "load = { allow = true, max_rate = 500 }"),
    free("load", "allow = true"),
    free("load", "max_rate = 500"),
    free("", r#"dialect = { token = "json:/token", link = "json:/url" }"#),
    free("dialect", r#"token = "header:x-crm-token""#),
    free("dialect", r#"link = "json:/url""#),
    free("dialect", r#"token_answer = "200 application/json""#),
    free("dialect", r#"token_life = "6h""#),
    free("dialect", r#"limit_headers = ["ratelimit"]"#),
    free("dialect", r#"link_answer = "201 application/json""#),
    free("dialect", r#"wrong_secret = "401 application/json""#),
    free("dialect", r#"wrong_token = "401 application/json""#),
    free("dialect", r#"missing_agency = "400 application/json""#),
    free("dialect", r#"delivery_type = "application/json""#),
    free("dialect", r#"delivery_fields = ["agencyId", "x-api-key"]"#),
    free("dialect", r#"delivery_headers = ["x-event"]"#),
    free("", "params = { users = 64 }"),
];

impl Key {
    fn name(&self) -> &'static str {
        self.example.split(' ').next().unwrap_or_default()
    }

    /// The example, read. The rows are TOML, as a test of this module shows.
    fn entry(&self) -> Option<Entry> {
        match parse_toml(&Source::new("", self.example)).ok()?.kind {
            Kind::Map(entries) => entries.into_iter().next(),
            _ => None,
        }
    }
}

/// Tells every missing key of a target, and puts its example in its place so that reading on finds the other mistakes.
pub(super) fn complete(source: &Source, target: &mut Node) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for key in KEYS.iter().filter(|key| key.required) {
        let Some(node) = table(target, key.table) else { continue };
        let span = node.span.clone();
        let Kind::Map(entries) = &mut node.kind else { continue };
        if entries.iter().any(|entry| entry.key == key.name()) {
            continue;
        }
        mistakes.push(
            Mistake::new(source, span, format!("`{}` is missing", key.name()))
                .cure(format!("add it, such as {}", key.example)),
        );
        if let Some(mut entry) = key.entry() {
            // Beyond the text, so that no mistake of this file can be taken for one in the example.
            entry.key_span = usize::MAX..usize::MAX;
            entry.value.span = usize::MAX..usize::MAX;
            entries.push(entry);
        }
    }
    mistakes
}

/// The mistake with its key's example as the cure, where it has none of its own, and without what may be a secret.
pub(super) fn cured(target: &Node, mut mistake: Mistake) -> Mistake {
    if mask::is_blank(&mistake.source, &mistake.span)
        && let Some(found) = mistake.what.find(", found ")
    {
        mistake.what.truncate(found);
    }
    if mistake.cure.is_some() {
        return mistake;
    }
    match example(target, "", &mistake.span) {
        Some(example) => mistake.cure(format!("write it such as {example}")),
        None => mistake.cure("write keys and values, such as base_url = \"https://staging.example/api\""),
    }
}

/// The example of the innermost known key whose value stands at `span` or around it.
fn example(node: &Node, table: &str, span: &Span) -> Option<&'static str> {
    let entry = node.entries().iter().find(|entry| entry.value.holds(span))?;
    let inner = if table.is_empty() { entry.key.clone() } else { format!("{table}.{}", entry.key) };
    example(&entry.value, &inner, span)
        .or_else(|| KEYS.iter().find(|key| key.table == table && key.name() == entry.key).map(|key| key.example))
}

fn table<'a>(target: &'a mut Node, name: &str) -> Option<&'a mut Node> {
    if name.is_empty() {
        return Some(target);
    }
    match &mut target.kind {
        Kind::Map(entries) => entries.iter_mut().find(|entry| entry.key == name).map(|entry| &mut entry.value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile::Target, syntax::decode};

    fn target_of(keys: impl Fn(&Key) -> bool) -> Result<Target, Vec<Mistake>> {
        let mut lines = Vec::new();
        for table in ["", "second", "webhook", "mailbox", "agency", "agency.form", "retry", "rate", "listing", "clock"]
            .into_iter()
            .chain(["timeouts", "load", "dialect"])
        {
            let rows: Vec<_> = KEYS.iter().filter(|key| key.table == table && keys(key)).collect();
            if !table.is_empty() {
                lines.push(format!("[{table}]"));
            }
            for row in rows {
                // A table is written out by the rows of its own keys.
                let whole = if table.is_empty() { row.name().to_owned() } else { format!("{table}.{}", row.name()) };
                if !KEYS.iter().any(|key| key.table == whole) {
                    lines.push(row.example.to_owned());
                }
            }
        }
        let source = Source::new("m.toml", lines.join("\n"));
        decode(&source, &parse_toml(&source).unwrap())
    }

    #[test]
    fn the_examples_together_make_a_target_with_every_key() {
        let target = target_of(|_| true).map_err(|mistakes| crate::syntax::render_all(&mistakes)).unwrap();
        let public = target.public();
        for key in KEYS.iter().filter(|key| !matches!(key.name(), "method" | "success")) {
            let pointer = format!("/{}/{}", key.table.replace('.', "/"), key.name()).replace("//", "/");
            assert!(public.pointer(&pointer).is_some(), "{pointer} is no key of a target, or its default");
        }
    }

    #[test]
    fn every_example_is_right_by_itself() {
        for key in KEYS.iter().filter(|key| key.table.is_empty() && !key.required) {
            let source = Source::new("m.toml", format!("[target.a]\n{}\n{}\n", KEYS[0].example, key.example));
            let text = format!("{}{}\n{}\n", source.text(), KEYS[1].example, KEYS[2].example);
            let read = crate::profile::Profile::read(&Source::new("m.toml", text));
            assert!(read.is_ok(), "{}: {}", key.example, crate::syntax::render_all(&read.unwrap_err()));
        }
    }

    /// The schema of the table that a key takes, among what else it may take.
    fn within(schema: &serde_json::Value) -> Option<&serde_json::Value> {
        let choices = || schema["anyOf"].as_array().into_iter().flatten();
        if schema["properties"].is_object() { Some(schema) } else { choices().find_map(within) }
    }

    #[test]
    fn the_schema_has_these_keys_and_takes_each_example() {
        let schema = crate::profile::schema();
        let target = &schema["properties"]["target"]["additionalProperties"];
        let validator = jsonschema::validator_for(&schema).unwrap();
        let required = KEYS[..3].iter().map(|key| key.example).collect::<Vec<_>>().join("\n");
        for key in KEYS {
            let tables = key.table.split('.').filter(|table| !table.is_empty());
            let at = tables.fold(target, |at, table| within(&at["properties"][table]).unwrap());
            assert!(at["properties"][key.name()].is_object(), "{}.{} is not in the schema", key.table, key.name());
            let text = if key.table.is_empty() && !key.required {
                format!("[target.a]\n{required}\n{}\n", key.example)
            } else {
                format!("[target.a]\n{required}\n")
            };
            let value: serde_json::Value = toml::from_str(&text).unwrap();
            assert!(validator.is_valid(&value), "{text}");
            let wrong = format!("{text}{}x = true\n", key.name());
            assert!(!validator.is_valid(&toml::from_str::<serde_json::Value>(&wrong).unwrap()), "{wrong}");
        }
        let known = KEYS.iter().filter(|key| key.table.is_empty()).map(Key::name);
        let known: std::collections::BTreeSet<&str> = known.collect();
        let keys = target["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(known, keys, "and no others");
    }

    #[test]
    fn a_target_needs_the_keys_that_are_marked_and_no_others() {
        assert!(target_of(|key| key.required).is_ok());
        for missing in KEYS.iter().filter(|key| key.required) {
            let mistakes = target_of(|key| key.table != missing.table || key.name() != missing.name()).unwrap_err();
            assert_eq!(mistakes[0].what, format!("`{}` is missing", missing.name()));
        }
    }
}
