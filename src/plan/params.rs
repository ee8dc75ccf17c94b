use std::collections::{BTreeMap, BTreeSet};

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
    pub(super) fn params_of(
        &self,
        path: &str,
        file: &Source,
        known: &[Param],
    ) -> (BTreeMap<String, Value>, Vec<Mistake>) {
        let mut mistakes = Vec::new();
        let mut params = BTreeMap::new();
        for param in known {
            let default = param.default.to_json();
            let mut value = default.clone();
            let of_profile = self.profile.get(&param.name).map(|given| (given, None));
            let of_command = self.given.iter().filter(|(name, _, _)| *name == param.name);
            for (given, source) in of_profile.into_iter().chain(of_command.map(|(_, given, at)| (given, Some(at)))) {
                if same_shape(&default, given) {
                    value = given.clone();
                } else {
                    mistakes.push(mis_shaped(path, file, param, given, source));
                }
            }
            params.insert(param.name.clone(), value);
        }
        (params, mistakes)
    }

    /// A mistake for every `--set` of which no selected scenario knows; `known` are the names of their parameters.
    pub(super) fn unused(&self, known: &BTreeSet<String>) -> Vec<Mistake> {
        self.given
            .iter()
            .filter(|(name, _, _)| !known.contains(name))
            .map(|(name, _, source)| {
                let what = format!("no selected scenario has a parameter `{name}`");
                Mistake::new(source, 0..name.len(), what).cure_from(name, known.iter().map(String::as_str))
            })
            .collect()
    }
}

/// A value of another shape than the default: at its place on the command line, or else at the parameter that it is for.
fn mis_shaped(path: &str, file: &Source, param: &Param, given: &Value, typed: Option<&Source>) -> Mistake {
    let default = param.default.to_json();
    let takes = format!("`{}` of {path} takes {}, as its default {default} does", param.name, shape(&default));
    match typed {
        Some(source) => Mistake::new(source, 0..source.text().len(), takes),
        None => Mistake::new(
            file,
            param.default.span.clone(),
            format!("{takes}; the profile's `params` give it {}", shape(given)),
        )
        .cure(format!("give {} in the profile", shape(&default))),
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
