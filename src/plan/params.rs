use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    scenario::Param,
    syntax::{Mistake, Source, parse_yaml},
};

/// Values for scenarios' parameters: those of the profile, and over them those of `--set`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    profile: BTreeMap<String, Value>,
    given: Vec<(String, Value, Source)>,
}

impl Settings {
    /// Settings of the profile and of `--set name=value`, whose values are read as YAML.
    ///
    /// # Errors
    ///
    /// Every `--set` that is not `name=value`.
    pub fn new(profile: BTreeMap<String, Value>, given: &[String]) -> Result<Self, Vec<Mistake>> {
        let mut settings = Self { profile, given: Vec::new() };
        let mut mistakes = Vec::new();
        for text in given {
            let source = Source::new("--set", text.as_str());
            let parsed = match text.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    parse_yaml(&Source::new("--set", value)).map(|node| (name.trim().to_owned(), node.to_json()))
                }
                _ => Err(Mistake::new(&source, 0..text.len(), "expected `name=value`")),
            };
            match parsed {
                Ok((name, value)) => settings.given.push((name, value, source)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() { Ok(settings) } else { Err(mistakes) }
    }

    /// The values of a scenario's parameters, and what is wrong with those that were set for it.
    pub(super) fn params_of(&self, path: &str, known: &[Param]) -> (BTreeMap<String, Value>, Vec<Mistake>) {
        let mut mistakes = Vec::new();
        let mut params = BTreeMap::new();
        for param in known {
            let default = param.default.to_json();
            let mut value = self.profile.get(&param.name).cloned().unwrap_or_else(|| default.clone());
            for (_, given, source) in self.given.iter().filter(|(name, _, _)| *name == param.name) {
                if same_shape(&default, given) {
                    value = given.clone();
                } else {
                    let what =
                        format!("`{}` of {path} takes {}, as its default {default} does", param.name, shape(&default));
                    mistakes.push(Mistake::new(source, 0..source.text().len(), what));
                }
            }
            params.insert(param.name.clone(), value);
        }
        (params, mistakes)
    }

    /// A mistake for every `--set` whose parameter is not among those `known` to the selected scenarios.
    pub(super) fn unused(&self, known: &[&str]) -> Vec<Mistake> {
        self.given
            .iter()
            .filter(|(name, _, _)| !known.contains(&name.as_str()))
            .map(|(name, _, source)| {
                let what = format!("no selected scenario has a parameter `{name}`");
                Mistake::new(source, 0..name.len(), what).cure_from(name, known.iter().copied())
            })
            .collect()
    }
}

fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn same_shape(default: &Value, given: &Value) -> bool {
    default.is_null() || shape(default) == shape(given)
}
