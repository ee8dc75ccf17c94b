use super::*;

#[tokio::test]
async fn mangled_ids_find_their_agency() {
    let house = House::new();
    let (id, number) = ("007-Zoë \"Flats\"/k3v9x2m8q1wz", "00482039175601");
    house.arm(id, "k3v9x2m8q1wz", "[503]");
    house.arm(number, "482039175601", "[503]");
    let as_json = |value: &serde_json::Value| format!("{{\"x-api-key\":\"{KEY}\",\"agencyId\":{value}}}");
    for (value, agency) in [
        (serde_json::json!(id), id),
        (serde_json::json!(id.to_uppercase()), id),
        (serde_json::json!("7-Zoe\u{308} Flats k3v9x2m8q1wz"), id),
        (serde_json::json!([id]), id),
        (serde_json::json!(number), number),
        (serde_json::json!(482_039_175_601_u64), number),
    ] {
        let house_before = house.deliveries().len();
        let request = post(TARGET, "application/json", &as_json(&value));
        assert_eq!(status(&house.send(&request).await), 503, "{value}");
        let arrived = house.deliveries().remove(house_before).arrived;
        assert_eq!(arrived.agency.as_deref(), Some(agency), "{value}");
        assert_eq!(arrived.agency_id.as_ref(), Some(&value));
    }
}

#[tokio::test]
async fn without_an_agency_id_the_core_is_looked_for_anywhere() {
    let house = House::armed("[503]");
    for request in [
        post(TARGET, "application/x-www-form-urlencoded", &format!("x-api-key={KEY}&agencyId={ID}")),
        post(TARGET, "application/json", &format!("{{\"data\":{{\"agency\":\"{ID}\"}}}}")),
        post(TARGET, "application/json", &format!("[\"{ID}\"]")),
        format!("GET {TARGET}&agencyId={ID} HTTP/1.1\r\n\r\n"),
    ] {
        assert_eq!(status(&house.send(&request).await), 503, "{request}");
    }
    assert!(house.deliveries().iter().all(|delivery| delivery.arrived.agency_id.is_none()));
}

#[tokio::test]
async fn an_agency_id_of_somebody_else_belongs_to_nobody() {
    let house = House::armed("[503]");
    let request = post(&format!("{TARGET}&hint={ID}"), "application/json", &body("somebody", KEY));
    assert_eq!(status(&house.send(&request).await), 200);
    assert_eq!(house.deliveries()[0].arrived.agency, None);
}

#[tokio::test]
async fn the_latest_key_is_told_by_its_fingerprint() {
    let house = House::armed("[503]");
    assert_eq!(house.receiver.key_of(ID), None);
    house.deliver().await;
    let first = house.receiver.key_of(ID).unwrap();
    assert_eq!(house.vault.secret(&first).unwrap().expose(), KEY);
    house.send(&delivery(ID, "another-key-altogether")).await;
    let second = house.receiver.key_of(ID).unwrap();
    assert_eq!(house.vault.secret(&second).unwrap().expose(), "another-key-altogether");
    let recorded: Vec<_> = house.deliveries().into_iter().filter_map(|delivery| delivery.arrived.key).collect();
    assert_eq!(recorded, [first, second]);
}

#[tokio::test]
async fn ten_thousand_agencies_are_told_apart_quickly() {
    let house = House::new();
    let id = |number: u64| format!("a-{number}-{:012x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16);
    for number in 0..10_000 {
        let id = id(number);
        house.arm(&id, id.rsplit('-').next().unwrap(), "[503]");
    }
    let mangled = id(7_777).to_uppercase();
    let filler = "0123456789abcdef".repeat(4_000);
    let padded = format!("{{\"filler\":\"{filler}\",\"x-api-key\":\"{KEY}\",\"id\":\"{mangled}\"}}");
    assert_eq!(status(&house.send(&post(TARGET, "application/json", &padded)).await), 503);
    assert_eq!(house.deliveries()[0].arrived.agency, Some(id(7_777)));
}
