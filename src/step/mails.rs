use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Need,
    compile::Compiler,
    connect::due,
    context::{Context, Stop},
    deliveries::retries_due,
    kind::StepKind,
    whom::Whom,
};
use crate::{
    evidence::Mail,
    judge::{Type, facts},
    syntax::{Mistake, Node},
};

/// Waits for e-mails to the developer and binds them (guide, step 4, retry policy).
pub(super) struct Mails;

/// The arguments of `mails`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// About which agency, or `each`: those about all of them in one list. Without it, those that name no agency of the
    /// run.
    agency: Option<Whom>,
    /// How long to wait.
    until: Until,
    /// How many mails about one delivery of an agency are lawful: one more fails a check with `at_most` at once.
    at_most: Option<u64>,
    /// Whether this matters only where the target tells its developer after several exhausted deliveries in a row: not
    /// applicable unless the profile's `notice_after` is 2 or more.
    #[serde(default)]
    in_a_row: bool,
}

/// How long to wait for mails.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(untagged, expecting = "`quiet`, or a number of mails")]
pub(super) enum Until {
    /// Until an event.
    Word(Word),
    /// Until so many came about the agencies, or about nobody, or none is to be expected any more.
    Count(u32),
}

/// Until which event to wait.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// Until none is to be expected any more, at the end of the run. Only checks, and others until quiet, may follow.
    Quiet,
}

impl StepKind for Mails {
    const NAME: &'static str = "mails";
    const SUMMARY: &'static str = "waits for e-mails to the developer until quiet, or for a count, and binds them";
    const EXAMPLE: &'static str = "{ agency: flat, until: quiet, at_most: 1, as: told }";
    type Arguments = Arguments;

    fn binds(_: &Arguments) -> Type {
        Type::list(facts::<Mail>())
    }

    fn needs(arguments: &Arguments) -> Vec<Need> {
        let mut needs = vec![Need::to_be_told("mailbox")];
        if arguments.in_a_row {
            needs.push(Need::optional("notice_after"));
        }
        needs
    }

    fn lint(arguments: &Arguments, node: &Node, compiler: &Compiler<'_>) -> Vec<Mistake> {
        let mut mistakes = Whom::lint(node.get("agency"), compiler);
        if let (None, Some(at_most)) = (&arguments.agency, node.get("at_most")) {
            let mistake =
                Mistake::new(compiler.source, at_most.span.clone(), "`at_most` counts the mails about an agency");
            mistakes.push(mistake.cure("add `agency`, or take `at_most` away"));
        }
        mistakes
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let agencies = arguments.agency.as_ref().map_or(Ok(Vec::new()), |whom| whom.agencies(context))?;
        let ids: Vec<&str> = agencies.iter().map(|agency| agency.id.as_str()).collect();
        let since_ms = context.shared.recorder.now_ms();
        let until_ms = match (arguments.until, &context.shared.mailbox) {
            (Until::Count(count), Some(mailbox)) => {
                let attempts = context.shared.terms.lawful_attempts.iter().max().copied().unwrap_or(1);
                let within = retries_due(context, u32::try_from(attempts).unwrap_or(u32::MAX)) + due(context);
                mailbox.wait_for(&ids, count as usize, within).await;
                Some(context.shared.recorder.now_ms())
            }
            _ => None,
        };
        Ok(json!({
            "$mails": ids,
            "since_ms": since_ms,
            "until_ms": until_ms,
            "at_most": arguments.at_most,
        }))
    }
}
