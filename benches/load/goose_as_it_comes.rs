//! goose as its own documentation shows it: a transaction that posts with goose's client, and goose's own figures.

use std::{error::Error, sync::Arc};

use goose::{config::GooseConfiguration, prelude::*};

/// Runs it: at a rate where one is given, with coordinated omission mitigated where that is named.
pub(crate) async fn run(address: &str, users: &str, seconds: &str, rest: &[&str]) -> Result<(), Box<dyn Error>> {
    let host = format!("http://{address}");
    let mut words = vec!["--host", &host, "--users", users, "--run-time", seconds, "--increase-rate", "10000"];
    words.extend(["--no-telnet", "--no-print-metrics", "--no-reset-metrics", "-qq"]);
    if let [rate, rest @ ..] = rest {
        words.extend(["--throttle-requests", rate]);
        if let [mitigation, ..] = rest {
            words.extend(["--co-mitigation", mitigation]);
        }
    }
    let body = "x".repeat(1500);
    let post: TransactionFunction = Arc::new(move |user| {
        let body = body.clone();
        Box::pin(async move {
            let headers = [("content-type", "application/json"), ("authorization", "Bearer abc")];
            let mut request = user.get_request_builder(&GooseMethod::Post, "/listings")?.body(body);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let goose =
                GooseRequest::builder().method(GooseMethod::Post).path("/listings").set_request_builder(request);
            let answer = user.request(goose.build()).await?;
            // It reads the body, for goose's own time ends with the head.
            if let Ok(answer) = answer.response {
                let _ = answer.bytes().await;
            }
            Ok(())
        })
    });
    let scenario = Scenario::new("push").register_transaction(Transaction::new(post));
    let configuration = GooseConfiguration::parse_args_default(&words)?;
    let attack = GooseAttack::initialize_with_config(configuration)?.register_scenario(scenario);
    let metrics = Box::pin(attack.execute()).await?;
    if let Some(request) = metrics.requests.values().next() {
        let figures = request.coordinated_omission_data.as_ref().unwrap_or(&request.raw_data);
        // Microseconds, told in milliseconds with their first digit after the point.
        let at = |share| {
            let tenths = figures.percentile_us(share) / 100;
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        println!("p50 {} p90 {} p95 {} p99 {}", at(0.5), at(0.9), at(0.95), at(0.99));
    }
    Ok(())
}
