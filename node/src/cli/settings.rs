//! Settings in layers: profile < file < environment < flags.
//!
//! - The *profile* gives every setting a value. It is itself a setting: the last layer that names one wins.
//! - The *file* is `config.toml`; what it does not name stays.
//! - The *environment* names a setting by its path in capitals, two underscores between the parts:
//!   `EMOTIONALCHAIN__NETWORK__LIMITS__MAX_INBOUND=50`.
//! - A *flag* names it with dots: `--set network.limits.max_inbound=50`.
//!
//! Values are written as in the file; what is no such value is taken as text. A name that no setting has is refused, and
//! so is a value of the wrong kind, by the layer that gave it. Lists are replaced as a whole.

use std::path::Path;

use thiserror::Error;
use toml::{Table, Value};

use super::home::NodeFile;
use crate::network::Profile;

/// What names of the environment begin with.
const PREFIX: &str = "EMOTIONALCHAIN__";
/// Longest name and value of one setting, in bytes.
const MAX_SETTING: usize = 64 << 10;

/// Why settings cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The file is not what it should be.
    #[error("{path}: {source}; see `emotionalchain check-config --help`")]
    File {
        /// Which file.
        path: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A setting from the environment or a flag is not.
    #[error("{origin}: {reason}")]
    Setting {
        /// Which.
        origin: String,
        /// Why.
        reason: String,
    },
}

/// One setting of the environment or of a flag.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    origin: String,
    path: Vec<String>,
    value: Value,
}

impl Setting {
    /// Reads `NAME=VALUE` of a flag.
    ///
    /// # Errors
    /// [`SettingsError::Setting`].
    pub fn of_flag(text: &str) -> Result<Self, SettingsError> {
        let wrong = |reason: &str| SettingsError::Setting { origin: "--set".into(), reason: reason.into() };
        let (name, value) = text.split_once('=').ok_or_else(|| wrong("NAME=VALUE is expected"))?;
        Self::new(format!("--set {name}"), name.split('.').map(str::to_owned).collect(), value)
    }

    /// The settings among the variables of an environment, in the order of their names.
    ///
    /// # Errors
    /// [`SettingsError::Setting`] for one that cannot be read.
    pub fn of_environment(
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Vec<Self>, SettingsError> {
        let mut found = Vec::new();
        for (name, value) in variables {
            if let Some(path) = name.strip_prefix(PREFIX) {
                let path = path.to_lowercase().split("__").map(str::to_owned).collect();
                found.push(Self::new(name, path, &value)?);
            }
        }
        found.sort_by(|one, other| one.origin.cmp(&other.origin));
        Ok(found)
    }

    fn new(origin: String, path: Vec<String>, value: &str) -> Result<Self, SettingsError> {
        if path.iter().any(String::is_empty) || origin.len().saturating_add(value.len()) > MAX_SETTING {
            return Err(SettingsError::Setting { origin, reason: "not the name of a setting".into() });
        }
        let line = toml::from_str::<Table>(&format!("value = {value}")).ok();
        let read = line.filter(|line| line.len() == 1).and_then(|mut line| line.remove("value"));
        Ok(Self { origin, path, value: read.unwrap_or_else(|| Value::String(value.to_owned())) })
    }

    /// The profile that it names, if it names one.
    fn profile(&self) -> Option<&Value> {
        (self.path == ["profile"]).then_some(&self.value)
    }

    fn wrong(&self, reason: impl ToString) -> SettingsError {
        SettingsError::Setting { origin: self.origin.clone(), reason: reason.to_string() }
    }

    /// Puts the value where it belongs.
    fn enter(&self, table: &mut Table) -> Result<(), SettingsError> {
        let Some((last, tables)) = self.path.split_last() else { return Ok(()) };
        let mut place = table;
        for name in tables {
            let inner = place.entry(name.clone()).or_insert_with(|| Value::Table(Table::new()));
            place = inner.as_table_mut().ok_or_else(|| self.wrong(format!("`{name}` is no table")))?;
        }
        place.insert(last.clone(), self.value.clone());
        Ok(())
    }
}

/// Puts the layers together. `text` is the file's, `path` its name for errors.
///
/// # Errors
/// [`SettingsError`] of the first layer that is wrong. Ranges are checked by those who use the settings.
pub fn layered(path: &Path, text: &str, settings: &[Setting]) -> Result<NodeFile, SettingsError> {
    let wrong = |source| SettingsError::File { path: path.display().to_string(), source: Box::new(source) };
    // Read as what it will be, so that an error names its line.
    let own: NodeFile = toml::from_str(text).map_err(wrong)?;
    let file: Table = toml::from_str(text).map_err(wrong)?;
    let named = settings.iter().rev().find_map(|setting| Some((setting, setting.profile()?)));
    let profile = match named {
        Some((setting, value)) => {
            value.clone().try_into::<Profile>().map_err(|error| setting.wrong(error.message()))?
        }
        None => own.profile,
    };
    // Settings are numbers, texts and lists: a table holds them all.
    let mut table = Table::try_from(NodeFile::of(profile)).unwrap_or_default();
    merge(&mut table, file);
    let mut layers: NodeFile = Value::Table(table.clone()).try_into().map_err(wrong)?;
    for setting in settings {
        setting.enter(&mut table)?;
        layers = Value::Table(table.clone())
            .try_into()
            .map_err(|error: toml::de::Error| setting.wrong(error.message()))?;
    }
    Ok(layers)
}

fn merge(under: &mut Table, over: Table) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Result<Vec<Setting>, SettingsError> {
        Setting::of_environment(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    fn settings(text: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<NodeFile, SettingsError> {
        let mut all = environment(variables)?;
        for flag in flags {
            all.push(Setting::of_flag(flag)?);
        }
        layered(Path::new("config.toml"), text, &all)
    }

    #[test]
    fn each_layer_wins_over_those_before_it() {
        let (file, variable, flag) = (
            "[network.gossip]\nmesh = 9\nmesh_high = 14",
            [("EMOTIONALCHAIN__NETWORK__GOSSIP__MESH", "10"), ("EMOTIONALCHAIN_HOME", "/elsewhere")],
            ["network.gossip.mesh=11"],
        );
        let mesh = |layers: NodeFile| (layers.network.gossip.mesh, layers.network.gossip.mesh_high);
        assert_eq!(mesh(settings("", &[], &[]).unwrap()), (8, 12));
        assert_eq!(mesh(settings(file, &[], &[]).unwrap()), (9, 14));
        assert_eq!(mesh(settings(file, &variable, &[]).unwrap()), (10, 14));
        assert_eq!(mesh(settings(file, &variable, &flag).unwrap()), (11, 14));
    }

    #[test]
    fn the_last_profile_gives_what_nobody_names() {
        let text = "profile = \"testnet\"\n[network.limits]\nmax_inbound = 7";
        let devnet = settings(text, &[("EMOTIONALCHAIN__PROFILE", "devnet")], &[]).unwrap();
        assert_eq!(devnet.profile, Profile::Devnet);
        assert_eq!(devnet.network.limits.max_inbound, 7);
        assert_eq!(devnet.network.listen, NodeFile::of(Profile::Devnet).network.listen);
        let mainnet = settings(text, &[("EMOTIONALCHAIN__PROFILE", "devnet")], &["profile=mainnet"]).unwrap();
        assert_eq!(mainnet.profile, Profile::Mainnet);
    }

    #[test]
    fn lists_and_texts_are_taken() {
        let taken = settings("", &[], &["network.bootstrap=[\"/ip4/1.2.3.4/tcp/1\"]", "web=dist"]).unwrap();
        assert_eq!(taken.network.bootstrap, ["/ip4/1.2.3.4/tcp/1".parse().unwrap()]);
        assert_eq!(taken.web, Some("dist".into()));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_layer() {
        let reason = |text, variables: &[(&str, &str)], flags: &[&str]| {
            settings(text, variables, flags).unwrap_err().to_string()
        };
        assert!(reason("\ncolour = 1", &[], &[]).contains("line 2"));
        let unknown = reason("", &[("EMOTIONALCHAIN__COLOUR", "1")], &[]);
        assert!(unknown.starts_with("EMOTIONALCHAIN__COLOUR: unknown field"), "{unknown}");
        let kind = reason("", &[], &["network.gossip.mesh=many"]);
        assert!(kind.starts_with("--set network.gossip.mesh: invalid type"), "{kind}");
        assert!(reason("", &[], &["profile=moon"]).contains("--set profile: unknown variant"));
        assert!(reason("", &[], &["network.gossip"]).contains("NAME=VALUE"));
        assert!(reason("", &[], &["http.port=1"]).contains("is no table"));
        assert!(reason("", &[("EMOTIONALCHAIN__", "1")], &[]).contains("not the name"));
    }

    #[test]
    fn a_value_cannot_smuggle_another_setting_in() {
        let taken = settings("", &[], &["web=1\nrecording = \"x\""]).unwrap();
        assert_eq!(taken.recording, None);
        assert_eq!(taken.web, Some("1\nrecording = \"x\"".into()));
    }
}
