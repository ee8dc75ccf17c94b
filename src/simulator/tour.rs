use super::behaviour::{Behaviour, Place};

/// A step of the guide, as a command line that takes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TourStep {
    /// What it does.
    pub title: &'static str,
    /// The command line; secrets stand in it as environment variables.
    pub curl: String,
}

/// The way through the guide at a platform that runs at `base`.
pub(super) fn steps(base: &str, control: &str, behaviour: &Behaviour) -> Vec<TourStep> {
    let step = |title, curl| TourStep { title, curl };
    let surface = behaviour.listing.surface;
    let link = match behaviour.integrate.place {
        Place::Header(name) => format!("in the header {name}"),
        Place::Json(path) => format!("under {}", path.join(".")),
        Place::Html => "in the page".to_owned(),
        Place::Text => "as the answer".to_owned(),
    };
    vec![
        step(
            "Step 1: get a token, and keep it for its 6 hours as CRM_TOKEN",
            format!(
                "curl -si -X POST '{base}/crm/oauth' -H \"x-crm-client-id: $CRM_CLIENT_ID\" \
                 -H \"x-crm-client-secret: $CRM_CLIENT_SECRET\""
            ),
        ),
        step(
            "Step 2: get a signed link for one of your agencies",
            format!(
                "curl -si -X POST '{base}/crm/integrate' -H \"Authorization: Bearer $CRM_TOKEN\" \
                 -H 'Content-Type: application/json' -d '{{\"agencyId\":\"agency-1\"}}'   # the link stands {link}"
            ),
        ),
        step("Step 3: open the link in a browser, log in or register, and agree", "open \"$CRM_LINK\"".to_owned()),
        step(
            "Step 4: your webhook gets the agency's key like this, and has to answer 200",
            "curl -si -X POST \"$CRM_WEBHOOK_URL\" -H 'Content-Type: application/json' \
             -d \"{\\\"x-api-key\\\":\\\"$AGENCY_KEY\\\",\\\"agencyId\\\":\\\"agency-1\\\"}\""
                .to_owned(),
        ),
        step(
            "Step 5: push a listing with the agency's key",
            format!(
                "curl -si -X {} '{base}{}' -H \"x-api-key: $AGENCY_KEY\" -H 'Content-Type: application/json' \
                 -d '{{\"reference\":\"flat-1\",\"title\":\"Two-bed flat\",\"price\":325000}}'",
                surface.method, surface.path
            ),
        ),
        step("See what is listed", format!("curl -s '{base}{}' -H \"x-api-key: $AGENCY_KEY\"", surface.path)),
        step(
            "Let 6 hours pass: tokens expire, retries come due, limits fill up",
            format!("curl -s -X POST '{control}/clock' -d '{{\"advance_ms\":21600000}}'"),
        ),
    ]
}
