use super::{Act, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "redirect",
    summary: "answers with a redirect to the canary on another port, which nobody may follow with a key",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[301, 302, 303, 307, 308],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            // 307 keeps method and body, so that a key would travel on.
            let status = exchange.answer.status_or(307);
            let (canary, body) = (exchange.canary.clone(), exchange.answer.body().unwrap_or_default());
            let answer = exchange.compose(status, &[("Location", &canary)], body);
            exchange.send(status, &answer).await?;
            Ok(exchange.whole())
        })
    }),
};
