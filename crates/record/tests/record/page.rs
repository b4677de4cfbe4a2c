//! The printable page: complete, self-contained, and safe against names from outside.

use crate::support::{file, golden, hostile, long, text_of};
use kaibiao_record::{Body, Cell, Document, Signature, document, page};
use kaibiao_types::{Role, UtcMillis};

#[test]
fn pages_are_vectors() {
    for name in crate::support::NAMES {
        golden(&format!("page-{name}.html"), page(&document(&file(name))).as_bytes());
    }
}

#[test]
fn every_line_of_the_document_is_on_the_page() {
    for name in crate::support::NAMES {
        let document = document(&file(name));
        let shown = text_of(&page(&document));
        let lines = lines(&document);
        assert!(lines.len() > 80, "{}", lines.len());
        for line in lines {
            assert!(shown.contains(&line), "{line}");
        }
    }
}

fn lines(document: &Document) -> Vec<String> {
    let of = |cells: &[Cell]| -> Vec<String> {
        cells.iter().flatten().map(|line| line.text().to_owned()).collect()
    };
    let mut lines = of(std::slice::from_ref(&document.about));
    for section in &document.sections {
        lines.push(section.heading.zh.clone());
        match &section.body {
            Body::Facts(facts) => facts.iter().for_each(|fact| {
                lines.push(fact.name.zh.clone());
                lines.extend(of(std::slice::from_ref(&fact.value)));
            }),
            Body::Notes(notes) => lines.extend(of(notes)),
            Body::Table(table) => {
                lines.extend(table.columns.iter().map(|column| column.name.en.clone()));
                table.rows.iter().for_each(|row| lines.extend(of(row)));
            }
        }
    }
    lines
}

#[test]
fn a_hostile_name_is_text_and_nothing_else() {
    let file = hostile();
    let html = page(&document(&file));
    let (style, body) = html.split_once("</style>").unwrap();
    assert!(!style.contains("甲"), "names have no place in the style");
    for markup in ["<script", "<img", "onerror=\"", "javascript:\"", "</td><td>伪", "\u{202e}"] {
        assert!(!body.contains(markup), "{markup}");
    }
    let shown = text_of(&html);
    assert!(shown.contains("甲</td><td>伪<script>alert(1)</script>"), "the name is shown as it is");
    assert!(shown.contains("[U+202E]"), "an override is shown by its code point");
    // One tag of each kind as in a harmless page: names added none.
    let plain = page(&document(&crate::support::file("normal")));
    for tag in ["<td", "<tr", "<table", "<span", "<section", "<style", "<b>"] {
        assert_eq!(html.matches(tag).count(), plain.matches(tag).count(), "{tag}");
    }
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    for name in crate::support::NAMES {
        let html = page(&document(&file(name)));
        for word in ["src=", "href=", "url(", "@import", "<script", "<link", "<iframe", "http://"] {
            assert!(!html.contains(word), "{word}");
        }
        assert!(html.contains("default-src 'none'"));
        assert!(html.contains("counter(page)") && html.contains("table-header-group"));
    }
}

#[test]
fn a_print_says_who_signed_only_if_it_is_known() {
    let unknown = text_of(&page(&document(&file("normal"))));
    assert!(unknown.contains("见开标日志") && !unknown.contains("未签名"));
    let record = file("normal").record().clone();
    let at = UtcMillis::new(1_656_990_000_000).unwrap();
    let signature =
        |role, party: &kaibiao_types::Party| Signature { role, party: party.code.clone(), at };
    let signed = vec![
        signature(Role::Host, &record.host),
        signature(Role::Bidder, &record.rows[0].bidder),
        // The supervisor's organisation in another role is not the supervisor.
        signature(Role::Bidder, &record.supervisor),
    ];
    let known = text_of(&page(&document(&file("normal").signed_by(signed))));
    assert_eq!(known.matches("已签名 signed").count(), 1);
    assert_eq!(known.matches("未签名（缺席或未签）").count(), 1);
    assert_eq!(known.matches("not signed").count(), 1 + 3 + 3, "supervisor, bidders, sign-in");
    assert_eq!(known.matches(&at.beijing()).count(), 1);
    let nobody = text_of(&page(&document(&file("normal").signed_by(Vec::new()))));
    assert!(!nobody.contains("已签名"));
}

#[test]
fn a_long_list_is_one_table_with_one_head_that_repeats() {
    let html = page(&document(&long(4_279)));
    assert_eq!(html.matches("<thead>").count(), 5);
    assert_eq!(html.matches("示例第4279建设工程集团有限公司").count(), 3);
    assert!(html.contains("thead { display: table-header-group }"));
}
