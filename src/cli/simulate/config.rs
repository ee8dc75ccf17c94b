use super::Arguments;
use crate::{
    cli::failure::{Problems, meant},
    secret::Secret,
    simulator::{Behaviour, Config, DEFECTS, DIALECTS, Partner},
};

/// Stands for a webhook where none was given: nothing of this machine listens on the discard port.
const NOWHERE: &str = "http://127.0.0.1:9/no-webhook-was-given";

/// Where the client secret comes from.
pub(super) enum Origin {
    /// This environment variable.
    Variable(String),
    /// It was made up.
    MadeUp,
}

/// How a row alters a behaviour.
type Alter = fn(&mut Behaviour);
/// How the environment is asked for a variable.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the simulator starts with, and where its client secret comes from.
pub(super) fn config(arguments: &Arguments, environment: Environment<'_>) -> Result<(Config, Origin), Problems> {
    let mut problems = Problems::default();
    let mut behaviour = if arguments.brisk { Behaviour::brisk() } else { Behaviour::default() };
    let dialects: Vec<(_, Alter)> = DIALECTS.iter().map(|row| (row.name, row.alter)).collect();
    let defects: Vec<(_, Alter)> = DEFECTS.iter().map(|row| (row.name, row.alter)).collect();
    apply("dialect", &arguments.dialect, &dialects, &mut behaviour, &mut problems);
    apply("defect", &arguments.defect, &defects, &mut behaviour, &mut problems);
    let (client_secret, origin) = client_secret(arguments, environment, &mut problems);
    let accounts =
        arguments.account.iter().filter_map(|account| self::account(account, environment, &mut problems)).collect();
    let partner = Partner {
        client_id: arguments.client_id.clone(),
        client_secret,
        webhook_url: arguments.webhook.clone().unwrap_or_else(|| NOWHERE.into()),
        developer_email: arguments.email.clone(),
    };
    let config = Config {
        listen: arguments.listen,
        control: arguments.control,
        partners: vec![partner],
        accounts,
        behaviour,
        seed: arguments.seed,
        smtp: arguments.smtp.clone(),
        state: arguments.state.clone(),
    };
    if problems.is_empty() { Ok((config, origin)) } else { Err(problems) }
}

/// Alters a behaviour by the rows of these names, in the order in which they were typed.
fn apply(kind: &str, names: &[String], rows: &[(&str, Alter)], behaviour: &mut Behaviour, problems: &mut Problems) {
    for name in names {
        if let Some((_, alter)) = rows.iter().find(|(known, _)| known == name) {
            alter(behaviour);
        } else {
            let otherwise = format!("`matchproof list {kind}s` shows all there are");
            let cure = meant(name, rows.iter().map(|(known, _)| *known), otherwise);
            problems.push(format!("unknown {kind} `{name}`; {cure}"));
        }
    }
}

fn client_secret(arguments: &Arguments, environment: Environment<'_>, problems: &mut Problems) -> (Secret, Origin) {
    match &arguments.client_secret_env {
        Some(name) => {
            (from(name, environment, problems).unwrap_or_else(|| Secret::new("")), Origin::Variable(name.clone()))
        }
        None => (Secret::new(format!("crm-{:032x}", rand::random::<u128>())), Origin::MadeUp),
    }
}

fn account(text: &str, environment: Environment<'_>, problems: &mut Problems) -> Option<(String, Secret)> {
    let Some((email, variable)) = text.rsplit_once(':').filter(|(email, name)| !email.is_empty() && !name.is_empty())
    else {
        let cure = "write the e-mail address and the name of an environment variable, such as `a@b.example:PASSWORD`";
        problems.push(format!("`--account {text}` is not `EMAIL:VARIABLE`; {cure}"));
        return None;
    };
    Some((email.to_owned(), from(variable, environment, problems)?))
}

/// The secret in an environment variable.
fn from(name: &str, environment: Environment<'_>, problems: &mut Problems) -> Option<Secret> {
    let value = environment(name).filter(|value| !value.is_empty());
    if value.is_none() {
        problems
            .push(format!("the environment variable {name} is not set; set it (`export {name}=…`), or name another"));
    }
    value.map(Secret::new)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::failure::Failure;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn read(line: &[&str]) -> Result<(Config, Origin), String> {
        let line = Line::parse_from(["simulate"].iter().chain(line));
        let environment = |name: &str| (name == "SET").then(|| "s3cret".to_owned());
        config(&line.arguments, &environment).map_err(|problems| Failure::all(problems).to_string())
    }

    #[test]
    fn what_was_typed_is_what_the_simulator_starts_with() {
        let (config, origin) = read(&[
            "--brisk",
            "--defect",
            "token-answer-cacheable",
            "--client-secret-env",
            "SET",
            "--account",
            "a@b.example:SET",
        ])
        .unwrap();
        assert!(config.behaviour.auth.cache_control.is_none());
        assert_eq!(config.behaviour.retry.gaps, Behaviour::brisk().retry.gaps);
        assert_eq!(config.partners[0].client_secret.expose(), "s3cret");
        assert_eq!(config.accounts, [("a@b.example".to_owned(), Secret::new("s3cret"))]);
        assert!(matches!(origin, Origin::Variable(name) if name == "SET"));
    }

    #[test]
    fn a_secret_that_is_made_up_is_another_each_time() {
        let secret = || read(&[]).unwrap().0.partners[0].client_secret.clone();
        assert_ne!(secret(), secret());
        assert!(matches!(read(&[]).unwrap().1, Origin::MadeUp));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let told = read(&[
            "--defect",
            "token-emty",
            "--defect",
            "xylophone",
            "--dialect",
            "token-as-txt",
            "--client-secret-env",
            "UNSET",
            "--account",
            "a@b.example",
        ]);
        insta::assert_snapshot!(told.err().unwrap(), @r"
        error: unknown dialect `token-as-txt`; did you mean `token-as-text`?

        error: unknown defect `token-emty`; did you mean `token-empty`?

        error: unknown defect `xylophone`; `matchproof list defects` shows all there are

        error: the environment variable UNSET is not set; set it (`export UNSET=…`), or name another

        error: `--account a@b.example` is not `EMAIL:VARIABLE`; write the e-mail address and the name of an environment variable, such as `a@b.example:PASSWORD`
        ");
    }
}
