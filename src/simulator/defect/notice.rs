use super::Defect;
use crate::simulator::behaviour::NoticeWhen;

pub(super) const ROWS: &[Defect] = &[
    Defect {
        name: "notice-never-sent",
        breaks: &["NOTICE-1"],
        what: "No failure is ever mailed.",
        alter: |b| b.notice.when = NoticeWhen::Never,
    },
    Defect {
        name: "notice-after-success-too",
        breaks: &["NOTICE-2"],
        what: "A delivery that succeeded is mailed too.",
        alter: |b| b.notice.when = NoticeWhen::Always,
    },
    Defect {
        name: "notice-after-first-failure",
        breaks: &["NOTICE-2", "NOTICE-4"],
        what: "The first failed attempt is mailed.",
        alter: |b| b.notice.when = NoticeWhen::FirstFailure,
    },
    Defect {
        name: "notice-holds-the-key",
        breaks: &["NOTICE-3"],
        what: "The mail holds the key.",
        alter: |b| b.notice.holds_key = true,
    },
    Defect {
        name: "notice-without-the-agency",
        breaks: &["NOTICE-3"],
        what: "The mail does not say which agency it is about.",
        alter: |b| b.notice.names_agency = false,
    },
    Defect {
        name: "notice-sent-twice",
        breaks: &["NOTICE-4"],
        what: "A failed delivery is mailed twice.",
        alter: |b| b.notice.copies = 2,
    },
    Defect {
        name: "notice-to-somebody-else",
        breaks: &["NOTICE-1"],
        what: "The mail goes to another address than the registered one.",
        alter: |b| b.notice.misdirected_to = Some("ops@matchouse.example"),
    },
    Defect {
        name: "notice-for-the-first-delivery-only",
        breaks: &["NOTICE-1"],
        what: "After one failed delivery was mailed, no other is.",
        alter: |b| b.notice.once = true,
    },
];
