use std::sync::Arc;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::{ActionKind, Site, Wants};
use crate::{
    load::{
        engine::{Action, Call, Connections, Outcome, Pass},
        ground::Ground,
        plan::Compiler,
    },
    receiver::Script,
    scenario::load::Share,
    syntax::Node,
};

/// Tells our receiver how to answer the deliveries for this pass's agency.
pub(super) struct Receiver {
    ground: Arc<Ground>,
    answers: Script,
    share: f64,
    stage: Option<usize>,
}

/// The arguments of `receiver`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The answers to the attempts, one after another; the last repeats.
    answers: Script,
    /// For which part of the passes, such as `20%`; the others are answered 200. All of them without it.
    share: Option<Share>,
    /// In which stage, by its name; in the others all are answered 200. In all of them without it.
    during: Option<String>,
}

impl ActionKind for Receiver {
    const NAME: &'static str = "receiver";
    const SUMMARY: &'static str =
        "answers deliveries for the pass's agency as told, or for a share of them (not measured)";
    const EXAMPLE: &'static str = "{ answers: [503, 200], share: 20% }";
    const IS_TIMED: bool = false;
    type Arguments = Arguments;

    fn wants(_: &Arguments) -> Wants {
        Wants { capabilities: vec!["webhook"], ..Wants::default() }
    }

    fn lint(arguments: &Arguments, node: &Node, compiler: &mut Compiler<'_>) {
        if let (Some(share), Some(at)) = (&arguments.share, node.get("share"))
            && share.0 > 1.0
        {
            compiler.told(&at.span, "a share of the passes is at most all of them", "write 100% or less");
        }
        if let (Some(name), Some(at)) = (&arguments.during, node.get("during"))
            && !compiler.stages.iter().any(|stage| stage.name == *name)
        {
            let names = compiler.stages.iter().map(|stage| stage.name.as_str());
            let mistake =
                crate::syntax::Mistake::new(compiler.source, at.span.clone(), format!("unknown stage `{name}`"));
            compiler.mistakes.push(mistake.cure_from(name, names));
        }
    }

    fn make(arguments: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        let stage = arguments.during.as_ref().and_then(|name| site.stages.iter().position(|stage| stage == name));
        Ok(Box::new(Self {
            ground: Arc::clone(&site.ground),
            answers: arguments.answers.for_patience(site.ground.shared.terms.attempt_timeout_ms),
            share: arguments.share.map_or(1.0, |share| share.0),
            stage,
        }))
    }
}

/// Whether the pass of this number is one of an evenly spread share.
fn is_chosen(number: u64, share: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a load has far fewer passes than 2^52")]
    let upto = |number: u64| (number as f64 * share + 1e-9).floor();
    upto(number + 1) > upto(number)
}

impl Action for Receiver {
    fn is_timed(&self) -> bool {
        false
    }

    fn perform<'a>(
        &'a self,
        pass: &'a mut Pass,
        _: &'a mut Option<Call>,
        _: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        let here = self.stage.is_none_or(|stage| stage == pass.stage);
        let script = if here && is_chosen(pass.number, self.share) { self.answers.clone() } else { Script::success() };
        self.ground.arm(pass, script);
        Box::pin(std::future::ready(Outcome::Done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_kept_and_spread() {
        for share in [0.0, 0.1, 0.2, 1.0 / 3.0, 0.5, 0.99, 1.0] {
            let chosen: Vec<u64> = (0..1000).filter(|number| is_chosen(*number, share)).collect();
            let count = f64::from(u32::try_from(chosen.len()).unwrap());
            assert!((count - share * 1000.0).abs() <= 1.0, "{share}: {count}");
            let gaps: Vec<u64> = chosen.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(gaps.iter().max().unwrap_or(&0) - gaps.iter().min().unwrap_or(&0) <= 1, "{share}: {gaps:?}");
        }
    }
}
