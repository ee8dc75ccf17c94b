//! Scripts with rules that go before their list.

use super::*;

impl House {
    async fn statuses(&self, count: usize) -> Vec<u16> {
        let mut seen = Vec::new();
        for _ in 0..count {
            seen.push(self.deliver().await);
        }
        seen
    }
}

#[tokio::test]
async fn a_script_may_begin_anew_after_its_last_answer() {
    let house = House::armed("{ answers: [503, 429, 200], repeat: true }");
    assert_eq!(house.statuses(7).await, [503, 429, 200, 503, 429, 200, 503]);
}

#[tokio::test]
async fn chance_is_the_same_for_the_same_seed_and_another_for_another() {
    let seen = async |seed: u32, id: &str| {
        let house = House::new();
        house.arm(id, id, &format!("{{ chance: {{ share: 0.5, answer: 500, seed: {seed} }} }}"));
        let mut seen = Vec::new();
        for _ in 0..40 {
            seen.push(status(&house.send(&delivery(id, KEY)).await));
        }
        seen
    };
    let first = seen(1, ID).await;
    assert_eq!(first, seen(1, ID).await);
    assert_ne!(first, seen(2, ID).await);
    assert_ne!(first, seen(1, "0a1b2c3d4e5f").await, "agencies do not fail in step");
    let failed = first.iter().filter(|status| **status == 500).count();
    assert!((8..=32).contains(&failed) && first.iter().all(|status| [200, 500].contains(status)), "{first:?}");
    let house = House::armed("{ answers: [201], chance: { share: 0, answer: 500 } }");
    assert_eq!(house.statuses(2).await, [201, 201]);
}

#[tokio::test]
async fn an_outage_goes_before_all_else_and_ends() {
    let house = House::armed("{ answers: [200], outages: [{ for: 1h }] }");
    assert_eq!(house.statuses(2).await, [503, 503]);
    house.receiver.answer_with(ID, script("{ outages: [{ after: 1h, for: 1h }, { for: 1ms, answer: 502 }] }").unwrap());
    let over = async { while house.deliver().await != 200 {} };
    timeout(DEADLINE, over).await.expect("an outage of a millisecond ends");
}

#[tokio::test]
async fn a_quota_turns_away_what_is_beyond_it_until_its_window_ends() {
    let house = House::armed("{ quota: { attempts: 2, per: 1h } }");
    assert_eq!(house.statuses(4).await, [200, 200, 429, 429]);
    house.receiver.answer_with(
        ID,
        script("{ answers: [201], quota: { attempts: 0, per: 1ms, answer: { fault: retry-after-seconds } } }").unwrap(),
    );
    assert_eq!(house.statuses(1).await, [429]);
    house.receiver.answer_with(ID, script("{ quota: { attempts: 1, per: 20ms } }").unwrap());
    let renewed = async {
        let mut last = 0;
        while !(last == 429 && house.deliver().await == 200) {
            last = house.deliver().await;
        }
    };
    timeout(DEADLINE, renewed).await.expect("a window of 20 ms ends");
}

#[test]
fn rules_read_as_people_write_them() {
    let text = "{ answers: [503], repeat: true, chance: { share: 0.25, answer: { fault: reset }, seed: 7 }, \
                outages: [{ after: 2s, for: 5s }], quota: { attempts: 5, per: 1m } }";
    let script = script(text).unwrap();
    let written = serde_json::to_value(&script).unwrap();
    insta::assert_snapshot!(written, @r#"{"answers":[503],"chance":{"answer":{"fault":"reset"},"seed":7,"share":0.25},"outages":[{"after":"2s","answer":503,"for":"5s"}],"quota":{"answer":429,"attempts":5,"per":"1m"},"repeat":true}"#);
    assert_eq!(serde_json::from_value::<Script>(written.clone()).unwrap(), script);
    let schema = serde_json::to_value(schemars::schema_for!(Script)).unwrap();
    assert!(jsonschema::is_valid(&schema, &written), "{schema:#}");
    assert_eq!((script.first_success(), script.is_only_success()), (None, false));
}

#[test]
fn every_mistake_of_rules_says_what_is_expected() {
    let told: Vec<_> = [
        "{ answer: [503] }",
        "{ chance: { share: 2, answer: 500 } }",
        "{ chance: { share: 0.5 } }",
        "{ outages: [{ after: 2s }] }",
        "{ quota: { attempts: 1, per: 0s } }",
        "{ quota: { attempts: -1, per: 1s } }",
        "{ answers: [{ size: 5 }] }",
        "{ answers: [{ wait: 5s }] }",
    ]
    .into_iter()
    .flat_map(|answers| script(answers).unwrap_err())
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    1:3 unknown key `answer` did you mean `answers`?
    1:1 expected a `share` from 0 to 1, found 2
    1:11 `answer` is missing
    1:13 `for` is missing
    1:1 expected a `per` longer than nothing
    1:22 expected a whole number that is not negative, found the number -1
    1:13 `size` goes with a `fault` that makes too much of something
    1:13 `wait` goes with a `fault` that asks for one
    ");
}
