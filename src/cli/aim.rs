use std::path::Path;

use crate::{
    cli::failure::Problems,
    embedded,
    judge::Terms,
    profile::{Profile, Resolved, Target},
    run,
    syntax::Source,
};

/// What a run is pointed at.
pub(super) enum Aim {
    /// The simulator inside this program. It starts with the run.
    Embedded,
    /// A target of the profile.
    Profile(Box<(Target, Resolved)>),
}

impl Aim {
    /// The target of this name in a profile, in order and with its credentials; the embedded one without a name.
    pub(super) fn choose(name: Option<&str>, profile: &Path) -> Result<Self, Problems> {
        Self::choose_but(name, profile, |target| target)
    }

    /// The same with something changed in the target before what it names is looked at.
    pub(super) fn choose_but(
        name: Option<&str>,
        profile: &Path,
        change: impl FnOnce(Target) -> Target,
    ) -> Result<Self, Problems> {
        let Some(name) = name else { return Ok(Self::Embedded) };
        let mut problems = Problems::default();
        match read(profile, &mut problems).and_then(|profile| pick(&profile, name, change, &mut problems)) {
            Some(chosen) if problems.is_empty() => Ok(Self::Profile(chosen.into())),
            _ => Err(problems),
        }
    }

    /// The name of the target.
    pub(super) fn name(&self) -> &str {
        self.target().map_or(embedded::NAME, |target| &target.name)
    }

    /// The target, where the profile has one.
    pub(super) fn target(&self) -> Option<&Target> {
        match self {
            Self::Embedded => None,
            Self::Profile(chosen) => Some(&chosen.0),
        }
    }

    /// Whether a person plays the agencies.
    pub(super) fn asks_a_person(&self) -> bool {
        self.target().and_then(|target| target.agency.as_ref()).is_some_and(|agency| agency.manual)
    }

    /// What the profile pins; nothing for the embedded target, whose profile is written when it starts.
    pub(super) fn terms(&self, strict: bool) -> Terms {
        self.target().map_or_else(Terms::bare, |target| run::terms_of(target, strict))
    }
}

fn read(file: &Path, problems: &mut Problems) -> Option<Profile> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            let cure = "name the profile with `--profile`, or leave `--target` out to run against the simulator";
            problems.push(format!("the profile {} cannot be read: {error}; {cure}", file.display()));
            return None;
        }
    };
    Profile::read(&Source::new(file.display().to_string(), text)).map_err(|found| problems.mistakes(&found)).ok()
}

fn pick(
    profile: &Profile,
    name: &str,
    change: impl FnOnce(Target) -> Target,
    problems: &mut Problems,
) -> Option<(Target, Resolved)> {
    let target = change(profile.pick(name).map_err(|unknown| problems.push(unknown)).ok()?.clone());
    let environment = |name: &str| std::env::var(name).ok();
    let resolved = target.resolve(&environment, &|path| std::fs::read_to_string(path));
    let resolved = resolved.map_err(|errors| problems.each(&errors)).ok();
    if let Err(unusable) = run::check(&target) {
        problems.each(&unusable);
    }
    Some((target, resolved?))
}
