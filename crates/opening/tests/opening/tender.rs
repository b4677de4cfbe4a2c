use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn refused(change: impl FnOnce(&mut Terms)) -> &'static str {
    let mut terms = terms();
    change(&mut terms);
    TenderDraft::new(terms).expect_err("a rule is broken").label()
}

fn text(file: &TenderFile) -> String {
    String::from_utf8(file.to_bytes()).unwrap()
}

#[test]
fn draft_and_file_round_trip_byte_for_byte() {
    let draft = TenderDraft::new(terms()).unwrap();
    let read = TenderDraft::parse(&draft.to_bytes()).unwrap();
    assert_eq!(read, draft);
    assert_eq!(read.to_bytes(), draft.to_bytes());
    let file = tender();
    assert_eq!(TenderFile::parse(&file.to_bytes()).unwrap(), file);
    assert!(file.matches_draft(&draft));
    golden("tender.json", &format!("{}\n", text(&file)));
    golden("draft.json", &format!("{}\n", String::from_utf8(draft.to_bytes()).unwrap()));
    assert!(text(&file).starts_with(r#"{"v":1,"kind":"tender","platform":"kaibiao.example""#));
}

#[test]
fn white_space_and_key_order_are_free_because_the_exact_bytes_are_kept() {
    let value: serde_json::Value = serde_json::from_slice(&tender().to_bytes()).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(TenderFile::parse(pretty.as_bytes()).unwrap(), tender());
}

#[test]
fn a_changed_term_does_not_match_the_draft() {
    let mut other = terms();
    other.deadline = at(DEADLINE + 1);
    assert!(!tender().matches_draft(&TenderDraft::new(other).unwrap()));
    let mut other = terms();
    other.custody.custodians[2].cert_sha256 = digest(9, 99);
    assert!(!tender().matches_draft(&TenderDraft::new(other).unwrap()));
}

#[test]
fn the_first_entry_says_what_the_tender_file_says() {
    let lot = lot_published();
    assert!(lot.matches(&tender()));
    let mut other = lot.clone();
    other.min_bidders = 4;
    assert!(!other.matches(&tender()));
    let mut other = lot;
    other.ceremony_id = digest(1, 99);
    assert!(!other.matches(&tender()));
}

#[test]
fn ticks_follow_the_schedule() {
    let terms = terms();
    assert_eq!(terms.tick_every(at(DEADLINE - 3_600_000)), span(3_600_000));
    assert_eq!(terms.tick_every(at(DEADLINE - 600_001)), span(3_600_000));
    assert_eq!(terms.tick_every(at(DEADLINE - 600_000)), span(1_000));
    assert_eq!(terms.tick_every(at(DEADLINE + 5)), span(1_000));
}

#[test]
fn every_rule_of_the_law_has_a_refusal() {
    assert_eq!(refused(|t| t.deadline = UtcMillis::EPOCH), "E_TENDER_DEADLINE");
    for template in [Template::Works, Template::GoodsServices, Template::GovernmentProcurement] {
        for min in [0, 1, 2] {
            let label = refused(|t| {
                t.template = template;
                t.min_bidders = min;
            });
            assert_eq!(label, "E_TENDER_MIN_BIDDERS");
        }
    }
    let label = refused(|t| {
        t.template = Template::GovernmentProcurement;
        t.retention_years = 14;
    });
    assert_eq!(label, "E_TENDER_RETENTION");
    assert_eq!(refused(|t| t.retention_years = 0), "E_TENDER_RETENTION");
    assert_eq!(refused(|t| t.supervisor = t.host.clone()), "E_TENDER_HOST_IS_SUPERVISOR");
    let dollars = Money::new(1, Currency::Usd).unwrap();
    assert_eq!(refused(|t| t.ceiling = Some(dollars)), "E_TENDER_CEILING_CURRENCY");
}

#[test]
fn read_out_fields_are_checked() {
    assert_eq!(refused(|t| t.fields.clear()), "E_TENDER_FIELD_COUNT");
    assert_eq!(refused(|t| t.fields.swap(0, 1)), "E_TENDER_FIELD_PRICE");
    assert_eq!(refused(|t| t.fields[0].kind = FieldKind::Text), "E_TENDER_FIELD_PRICE");
    assert_eq!(refused(|t| t.fields[1].key = "price".into()), "E_TENDER_FIELD_DUPLICATE");
    assert_eq!(refused(|t| t.fields[1].key = "Days".into()), "E_TENDER_FIELD_KEY");
    assert_eq!(refused(|t| t.fields[1].zh = String::new()), "E_TENDER_TEXT");
    assert_eq!(refused(|t| t.fields[1].en = "a\u{202e}b".into()), "E_TENDER_TEXT");
    assert_eq!(refused(|t| t.fields[1].unit = Some(words("", "x"))), "E_TENDER_TEXT");
    let many = refused(|t| {
        let field = t.fields[1].clone();
        t.fields.extend((0..40).map(|no| ReadOutField { key: format!("k{no}"), ..field.clone() }));
    });
    assert_eq!(many, "E_TENDER_FIELD_COUNT");
}

#[test]
fn custodians_must_be_those_of_the_threshold() {
    let custody = |change: fn(&mut Custody)| refused(|t| change(&mut t.custody));
    assert_eq!(custody(|c| drop(c.custodians.pop())), "E_TENDER_THRESHOLD");
    assert_eq!(custody(|c| c.custodians.swap(0, 1)), "E_TENDER_CUSTODIANS");
    let twice = custody(|c| c.custodians[1].cert_sha256 = c.custodians[0].cert_sha256);
    assert_eq!(twice, "E_TENDER_CUSTODIANS");
    let index = custody(|c| c.custodians[1].index = c.custodians[0].index);
    assert_eq!(index, "E_TENDER_CUSTODIANS");
    assert_eq!(custody(|c| c.custodians[0].party.name = " x".into()), "E_TENDER_TEXT");
}

#[test]
fn independence_is_counted_and_not_claimed() {
    let independent = |change: fn(&mut Terms)| {
        let mut terms = terms();
        terms.custody.custody = CustodyKind::Independent;
        change(&mut terms);
        TenderDraft::new(terms)
    };
    assert!(independent(|_| {}).is_ok());
    // 2 of 3: two seats in one hand can unseal, or prevent it.
    let one_hand =
        |t: &mut Terms| t.custody.custodians[1].party = t.custody.custodians[0].party.clone();
    let label = independent(one_hand).unwrap_err().label();
    assert_eq!(label, "E_TENDER_CUSTODY_NOT_INDEPENDENT");
    let near = |t: &mut Terms| {
        t.custody.custodians[1].party = t.tenderee.clone();
        t.custody.custodians[2].party = t.host.clone();
    };
    assert!(independent(near).is_err());
    // The platform operator is known only with the tender file.
    let draft = independent(|t| {
        t.custody.custodians[0].party = party(4, "示例交易中心");
        t.custody.custodians[1].party = t.tenderee.clone();
    })
    .unwrap();
    assert!(TenderFile::new(&draft, announced()).is_err());
}

/// Ruling 16 for every threshold of up to five custodians and every way to fill the seats: by an
/// organisation of its own, by one organisation, by the tenderee, by its agency.
#[test]
fn independence_is_decided_for_every_roster() {
    let agency = party(77, "示例代理机构");
    let (mut kept, mut broken) = (0, 0);
    for (n, k) in (1..=5_u16).flat_map(|n| (n / 2 + 1..=n).map(move |k| (n, k))) {
        for roster in 0..4_u32.pow(u32::from(n)) {
            let mut terms = terms();
            terms.agency = Some(agency.clone());
            let hands: Vec<u32> = (0..n).map(|seat| roster >> (2 * seat) & 3).collect();
            let seat = |(index, hand): (u16, &u32)| CustodianSeat {
                index: custodian(index),
                party: match hand {
                    0 => party(200 + u32::from(index), "示例见证单位"),
                    1 => party(99, "示例见证集团"),
                    2 => terms.tenderee.clone(),
                    _ => agency.clone(),
                },
                cert_sha256: Digest::new([u8::try_from(index).unwrap(); 32]),
            };
            terms.custody.custodians = (1..).zip(&hands).map(seat).collect();
            terms.custody.threshold = Threshold::new(n, k).unwrap();
            terms.custody.custody = CustodyKind::Independent;
            let held = |mine: fn(u32) -> bool| hands.iter().filter(|hand| mine(**hand)).count();
            let most = held(|hand| hand == 1).max(held(|hand| hand >= 2)).max(1);
            let harmless = n > 1 && most < usize::from(k.min(n - k + 1));
            let mut claims_nothing = terms.clone();
            claims_nothing.custody.custody = CustodyKind::SelfHeld;
            assert!(TenderDraft::new(claims_nothing).is_ok());
            match TenderDraft::new(terms) {
                Ok(_) => assert!(harmless, "{k} of {n}: {hands:?}"),
                Err(error) => {
                    assert_eq!(error.label(), "E_TENDER_CUSTODY_NOT_INDEPENDENT");
                    assert!(!harmless, "{k} of {n}: {hands:?}");
                }
            }
            *(if harmless { &mut kept } else { &mut broken }) += 1;
        }
    }
    assert!(kept > 100 && broken > 1000, "{kept} {broken}");
}

#[test]
fn spans_ticks_and_places_are_checked() {
    assert_eq!(refused(|t| t.notice_ms = Millis::ZERO), "E_TENDER_SPAN");
    assert_eq!(refused(|t| t.grace_ms = Millis::ZERO), "E_TENDER_SPAN");
    assert_eq!(refused(|t| t.freeze_wait_ms = span(86_400_001)), "E_TENDER_SPAN");
    assert_eq!(refused(|t| t.places = 1_023), "E_TENDER_PLACES");
    assert_eq!(refused(|t| t.ticks.clear()), "E_TENDER_TICKS");
    assert_eq!(refused(|t| t.ticks.swap(0, 1)), "E_TENDER_TICKS");
    assert_eq!(refused(|t| t.ticks[1].within_ms = Some(span(1))), "E_TENDER_TICKS");
    assert_eq!(refused(|t| t.ticks[0].every_ms = span(99)), "E_TENDER_TICKS");
    let unordered =
        refused(|t| t.ticks.insert(0, TickRule { within_ms: Some(span(900_000)), ..t.ticks[0] }));
    assert_eq!(unordered, "E_TENDER_TICKS");
    assert_eq!(refused(|t| t.platform = "Kaibiao.example".into()), "E_TENDER_PLATFORM");
    assert_eq!(refused(|t| t.platform = "a/b".into()), "E_TENDER_PLATFORM");
    assert_eq!(refused(|t| t.title.zh = "长".repeat(401)), "E_TENDER_TEXT");
    assert_eq!(refused(|t| t.source = Some("a\nb".into())), "E_TENDER_TEXT");
}

#[test]
fn what_is_announced_belongs_to_the_lot() {
    let announce = |change: fn(&mut Announced)| {
        let mut added = announced();
        change(&mut added);
        TenderFile::new(&TenderDraft::new(terms()).unwrap(), added).unwrap_err().label()
    };
    assert_eq!(
        announce(|a| a.log.origin = "kaibiao.example/lot/ZZ-2022-0705/L2".into()),
        "E_TENDER_ORIGIN"
    );
    assert_eq!(announce(|a| a.log.vkey = "name+hash".into()), "E_TENDER_VKEY");
    assert_eq!(announce(|a| a.log.vkey = "n+h+k\n".into()), "E_TENDER_VKEY");
    assert_eq!(announce(|a| a.hall.party.name = String::new()), "E_TENDER_TEXT");
}

#[test]
fn bytes_have_one_reading() {
    let good = text(&tender());
    let parse = |text: &str| TenderFile::parse(text.as_bytes()).unwrap_err().label();
    assert_eq!(parse(&good.replacen("\"v\":1", "\"v\":2", 1)), "E_TENDER_VERSION");
    assert_eq!(parse(&good.replacen("\"v\":1,", "", 1)), "E_TENDER_VERSION");
    assert_eq!(
        parse(&good.replacen("\"kind\":\"tender\"", "\"kind\":\"draft\"", 1)),
        "E_TENDER_KIND"
    );
    for broken in [
        good.replacen("\"places\"", "\"extra\":1,\"places\"", 1),
        good.replacen("\"places\":1024,", "", 1),
        good.replacen("\"agency\":null,", "", 1),
        good.replacen("\"v\":1", "\"v\":1,\"v\":1", 1),
        good.replacen("\"places\":1024", "\"places\":1024.0", 1),
        good.replacen("\"min_bidders\":3", "\"min_bidders\":-3", 1),
        good.replacen("{\"n\":3,\"k\":2}", "[3,2]", 1),
        good.replacen("{\"n\":3,\"k\":2}", "{\"n\":4,\"k\":2}", 1),
        good.replacen("\"template\":\"works\"", "\"template\":\"Works\"", 1),
        good.replacen("\"time\":\"self\"", "\"time\":\"gps\"", 1),
        format!("{good}{good}"),
        format!("\u{feff}{good}"),
        good[..good.len() - 1].to_owned(),
        "[]".to_owned(),
        String::new(),
    ] {
        assert_eq!(parse(&broken), "E_TENDER_JSON", "{broken}");
    }
    let long = format!("{good}{}", " ".repeat(262_144));
    assert_eq!(parse(&long), "E_TENDER_JSON");
    let draft = TenderDraft::new(terms()).unwrap().to_bytes();
    assert_eq!(TenderFile::parse(&draft).unwrap_err().label(), "E_TENDER_KIND");
    assert_eq!(TenderDraft::parse(good.as_bytes()).unwrap_err().label(), "E_TENDER_KIND");
    let disguised = good.replacen("\"kind\":\"tender\"", "\"kind\":\"draft\"", 1);
    assert_eq!(TenderDraft::parse(disguised.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
}

/// The fixtures lack what only a run can know: platform, deadline, custodians.
#[test]
fn the_committed_tenders_keep_every_rule() {
    for name in ["indot-b40891", "works-12", "zhuzhou-2022"] {
        let path = vectors(&format!("../../tenders/{name}.json"));
        let fixture: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut draft = fixture["draft"].clone();
        let own = serde_json::to_value(terms()).unwrap();
        draft["platform"] = own["platform"].clone();
        draft["deadline"] = own["deadline"].clone();
        draft["custody"]["custodians"] = own["custody"]["custodians"].clone();
        let draft = TenderDraft::parse(draft.to_string().as_bytes()).unwrap();
        let terms = draft.terms();
        let rules = SheetRules {
            tender: &terms.tender,
            lot: &terms.lot,
            currency: terms.currency,
            fields: &terms.fields,
        };
        let bidders = fixture["bidders"].as_array().unwrap();
        assert!(bidders.len() >= 3);
        for bidder in bidders {
            let party: Party = serde_json::from_value(bidder["party"].clone()).unwrap();
            let total = serde_json::from_value(bidder["sheet"]["total"].clone()).unwrap();
            let fields = serde_json::from_value(bidder["sheet"]["fields"].clone()).unwrap();
            let sheet = PriceSheet::build(&rules, &party.code, total, fields).unwrap();
            assert_eq!(PriceSheet::parse(&rules, &party.code, &sheet.to_bytes()), Ok(sheet));
        }
    }
}
