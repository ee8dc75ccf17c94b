use std::{borrow::Borrow, collections::BTreeMap, sync::Arc};

use minijinja::Environment;
use serde_json::Value;

use super::{Terms, attempts::ResendWindow, expression, names_of_template, terms::CallContext};
use crate::syntax::{Entry, Kind, Node, Span};

/// Renders the templates in the arguments of steps.
///
/// Secrets are in scope as their fingerprints alone; the wire puts the values in when it sends.
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// Templates with the functions of the language.
    #[must_use]
    pub fn new(terms: &Terms) -> Self {
        let context = Arc::new(CallContext::new(terms, terms.resend_within_ms.map(ResendWindow::pinned)));
        Self { environment: expression::environment(&context) }
    }

    /// The text with every `{{ … }}` replaced by its value.
    ///
    /// # Errors
    ///
    /// What cannot be evaluated, such as the first item of an empty list.
    pub fn render<V: Borrow<Value>>(&self, text: &str, scope: &BTreeMap<String, V>) -> Result<String, String> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        let scope = named_in(text, scope);
        self.environment.render_str(text, scope).map_err(|error| format!("`{text}` cannot be filled in: {error:#}"))
    }

    /// The value of a text: for one that is a single `{{ expression }}` the expression's value with its type, for any other
    /// the rendered text.
    ///
    /// # Errors
    ///
    /// As for [`Templates::render`].
    pub fn value<V: Borrow<Value>>(&self, text: &str, scope: &BTreeMap<String, V>) -> Result<Value, String> {
        let whole = text
            .trim()
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"))
            .filter(|inner| !inner.contains("{{"));
        let Some(inner) = whole else { return self.render(text, scope).map(Value::String) };
        let scope = named_in(text, scope);
        self.environment
            .compile_expression(inner)
            .and_then(|expression| expression.eval(scope))
            .map_err(|error| format!("`{text}` cannot be filled in: {error:#}"))
            .and_then(|value| serde_json::to_value(value).map_err(|error| error.to_string()))
    }

    /// A JSON value in which every text has been filled in.
    ///
    /// # Errors
    ///
    /// As for [`Templates::render`].
    pub fn fill<V: Borrow<Value>>(&self, value: &Value, scope: &BTreeMap<String, V>) -> Result<Value, String> {
        match value {
            Value::String(text) => self.value(text, scope),
            Value::Array(items) => items.iter().map(|item| self.fill(item, scope)).collect(),
            Value::Object(map) => {
                let filled: Result<serde_json::Map<_, _>, String> =
                    map.iter().map(|(name, inner)| Ok((name.clone(), self.fill(inner, scope)?))).collect();
                filled.map(Value::Object)
            }
            other => Ok(other.clone()),
        }
    }

    /// Puts values where a text rests on nothing but `known`, so that a number may be a parameter too. What cannot be filled
    /// in stays as it is.
    pub fn fill_known(&self, node: &mut Node, known: &BTreeMap<String, Value>) {
        match &mut node.kind {
            Kind::Text(text) if text.contains("{{") => {
                let names = names_of_template(text);
                let all_known = !names.is_empty() && names.iter().all(|name| known.contains_key(name));
                if all_known && let Ok(value) = self.value(text, known) {
                    node.kind = from_json(&value, &node.span).kind;
                }
            }
            Kind::List(items) => items.iter_mut().for_each(|item| self.fill_known(item, known)),
            Kind::Map(entries) => entries.iter_mut().for_each(|entry| self.fill_known(&mut entry.value, known)),
            _ => {}
        }
    }
}

/// A JSON value as a node, all of it at one place.
fn from_json(value: &Value, span: &Span) -> Node {
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(value) => Kind::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Kind::Int(whole),
            None => Kind::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Kind::Text(text.clone()),
        Value::Array(items) => Kind::List(items.iter().map(|item| from_json(item, span)).collect()),
        Value::Object(map) => Kind::Map(
            map.iter()
                .map(|(key, value)| Entry { key: key.clone(), key_span: span.clone(), value: from_json(value, span) })
                .collect(),
        ),
    };
    Node { kind, span: span.clone() }
}

/// The part of a scope that a text can be about: what scenarios bind may be large, and a text needs little of it.
fn named_in<V: Borrow<Value>>(text: &str, scope: &BTreeMap<String, V>) -> minijinja::Value {
    let named = scope.iter().filter(|(name, _)| text.contains(name.as_str()));
    let named: BTreeMap<&String, &Value> = named.map(|(name, value)| (name, value.borrow())).collect();
    minijinja::Value::from(minijinja::value::Serde(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_type_and_texts_are_filled_in() {
        let templates = Templates::new(&Terms::bare());
        let scope =
            BTreeMap::from([("n".to_owned(), serde_json::json!(3)), ("id".to_owned(), serde_json::json!("a\"b"))]);
        assert_eq!(templates.value("{{ n }}", &scope), Ok(serde_json::json!(3)));
        assert_eq!(templates.value("x{{ n }}", &scope), Ok(serde_json::json!("x3")));
        let filled = templates.fill(&serde_json::json!({ "a": ["{{ id }}"], "b": null }), &scope);
        assert_eq!(filled, Ok(serde_json::json!({ "a": ["a\"b"], "b": null })));
        assert!(templates.render("{{ missing }}", &scope).unwrap_err().contains("cannot be filled in"));
    }
}
