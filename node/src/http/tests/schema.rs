//! The part of JSON Schema that the document uses, strictly: what it does not know is a failed test.

use std::collections::BTreeSet;

use serde_json::Value;

/// The document as it is served.
pub struct Document {
    root: Value,
}

impl Document {
    pub fn read() -> Self {
        Self { root: serde_json::from_str(include_str!("../openapi.json")).unwrap() }
    }

    pub fn root(&self) -> &Value {
        &self.root
    }

    /// Paths with their methods.
    pub fn paths(&self) -> impl Iterator<Item = (String, BTreeSet<String>)> {
        let paths = self.root["paths"].as_object().unwrap();
        paths.iter().map(|(path, item)| (path.clone(), item.as_object().unwrap().keys().cloned().collect()))
    }

    /// Holds a value to a named schema.
    pub fn check(&self, name: &str, value: &Value) {
        let schema = &self.root["components"]["schemas"][name];
        assert!(schema.is_object(), "no schema {name}");
        if let Err(fault) = self.holds(schema, value, name) {
            panic!("{fault}");
        }
    }

    /// Every reference leads somewhere, every path names its parameters, and every schema is used.
    pub fn resolves(&self) {
        let mut used = BTreeSet::new();
        self.references(&self.root, &mut used);
        for (kind, named) in self.root["components"].as_object().unwrap() {
            for name in named.as_object().unwrap().keys() {
                assert!(used.contains(&format!("#/components/{kind}/{name}")), "{name} is not used");
            }
        }
        for (path, methods) in self.paths() {
            for method in methods {
                let parameters = self.root["paths"][&path][&method]["parameters"].as_array();
                let named = |place: &str| -> Vec<String> {
                    let all = parameters.into_iter().flatten().filter(|one| one["in"] == place);
                    all.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
                };
                let holes = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
                assert_eq!(named("path"), holes.collect::<Vec<_>>(), "{path}");
            }
        }
    }

    fn references(&self, value: &Value, used: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(target) = fields.get("$ref") {
                    let target = target.as_str().unwrap();
                    assert!(self.target(target).is_some(), "{target} leads nowhere");
                    used.insert(target.to_owned());
                }
                fields.values().for_each(|value| self.references(value, used));
            }
            Value::Array(items) => items.iter().for_each(|value| self.references(value, used)),
            _ => {}
        }
    }

    fn target(&self, reference: &str) -> Option<&Value> {
        self.root.pointer(reference.strip_prefix('#')?)
    }

    fn holds(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let rules = schema.as_object().unwrap();
        for (rule, wanted) in rules {
            let fits = match rule.as_str() {
                "description" | "properties" | "required" => true,
                "$ref" => {
                    self.holds(self.target(wanted.as_str().unwrap()).unwrap(), value, at)?;
                    true
                }
                "anyOf" => wanted.as_array().unwrap().iter().any(|one| self.holds(one, value, at).is_ok()),
                "type" => types(wanted).any(|kind| is(kind, value)),
                "enum" => wanted.as_array().unwrap().contains(value),
                "minimum" => value.as_u64().is_none_or(|number| number >= wanted.as_u64().unwrap()),
                "maximum" => value.as_u64().is_none_or(|number| number <= wanted.as_u64().unwrap()),
                "pattern" => value.as_str().is_none_or(|text| matches(wanted.as_str().unwrap(), text)),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.holds(wanted, item, &format!("{at}[{index}]"))?;
                    }
                    true
                }
                "additionalProperties" => *wanted == Value::Bool(false),
                other => panic!("{at}: this checker does not know the rule {other}"),
            };
            if !fits {
                return Err(format!("{at}: {value} breaks {rule} {wanted}"));
            }
        }
        let (Some(properties), Some(fields)) = (rules.get("properties"), value.as_object()) else {
            return Ok(());
        };
        for (name, field) in fields {
            let known = properties.get(name).ok_or(format!("{at}.{name} is not documented"))?;
            self.holds(known, field, &format!("{at}.{name}"))?;
        }
        for name in rules["required"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            fields.get(name).ok_or(format!("{at}.{name} is missing"))?;
        }
        Ok(())
    }
}

fn types(wanted: &Value) -> impl Iterator<Item = &str> {
    let listed = wanted.as_array().into_iter().flatten().filter_map(Value::as_str);
    wanted.as_str().into_iter().chain(listed)
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    }
}

/// The three patterns of the document.
fn matches(pattern: &str, text: &str) -> bool {
    let hexadecimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match pattern {
        "^[0-9a-f]{64}$" => hexadecimal && text.len() == 64,
        "^([0-9a-f]{2})*$" => hexadecimal && text.len().is_multiple_of(2),
        "^emo1[0-9a-z]+$" => text.starts_with("emo1"),
        other => panic!("unknown pattern {other}"),
    }
}
