//! The report for people. The verdict is the last line, and it is there only once.

use super::{BidLine, Finding, Lang, Outcome, Report, Verdict};
use crate::CheckId;
use crate::checks::Scope;

/// A text in one language, line by line.
struct Page {
    lang: Lang,
    text: String,
}

impl Page {
    const fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn fact(&mut self, zh: &'static str, en: &'static str, value: &str) {
        let (name, colon) = (self.pick(zh, en), self.pick("：", ": "));
        self.line(&format!("{name}{colon}{value}"));
    }

    fn outcome(&self, outcome: Outcome) -> &'static str {
        self.pick(outcome.zh(), outcome.name())
    }
}

impl Report {
    /// The report as text.
    pub fn text(&self, lang: Lang) -> String {
        let mut page = Page { lang, text: String::new() };
        self.head(&mut page);
        page.line("");
        for check in CheckId::ALL {
            self.check_lines(&mut page, *check);
        }
        page.line("");
        for bid in &self.bids {
            write_bid(&mut page, bid);
        }
        for note in &self.notes {
            let words = match lang {
                Lang::Zh => &note.zh,
                Lang::En => &note.en,
            };
            let about = note.bid.as_ref().map_or_else(String::new, |bid| format!("{bid} "));
            page.fact("说明", "note", &format!("{about}{words} [{}]", note.id));
        }
        page.line("");
        self.last_lines(&mut page);
        page.text
    }

    fn head(&self, page: &mut Page) {
        let facts = &self.facts;
        page.line(page.pick("证据包核验报告", "EVIDENCE REPORT"));
        page.fact("程序", "program", concat!("kaibiao ", env!("CARGO_PKG_VERSION")));
        if let Some(digest) = &facts.package_sha256 {
            page.fact("证据包 SHA-256", "package SHA-256", &digest.to_string());
        }
        page.fact("信任列表 SHA-256", "trust list SHA-256", &self.trust_sha256.to_string());
        if let Some(lot) = &facts.lot {
            let title = facts.title.as_ref().map_or("", |(zh, en)| match page.lang {
                Lang::Zh => zh,
                Lang::En => en,
            });
            page.fact("项目", "tender", &format!("{} {title}", lot.tender));
            page.fact("标段", "lot", lot.lot.as_str());
        }
        if let Some(deadline) = facts.deadline {
            let shown = match page.lang {
                Lang::Zh => deadline.beijing(),
                Lang::En => deadline.rfc3339(),
            };
            page.fact("投标截止及开标时间", "deadline and opening", &shown);
        }
        if let Some(at) = self.at {
            let shown = match page.lang {
                Lang::Zh => at.beijing(),
                Lang::En => at.rfc3339(),
            };
            page.fact("审计时刻", "judged at", &shown);
        }
        if let Some((size, root)) = &facts.head {
            let head = match page.lang {
                Lang::Zh => format!("{root}（{size} 条）"),
                Lang::En => format!("{root} ({size} entries)"),
            };
            page.fact("最终日志根", "final log root", &head);
        }
        if let Some((found, needed)) = facts.cosigned {
            let shown = match page.lang {
                Lang::Zh => format!("{found}（至少 {needed}）"),
                Lang::En => format!("{found} (at least {needed})"),
            };
            page.fact("密钥分持人共签", "cosigned by custodians", &shown);
        }
        page.fact(
            "范围",
            "scope",
            page.pick(
                "公开类：不含投标文件；证书吊销状态与时间戳不在本版核验之内",
                "public kind: no documents; revocation and time-stamps are not judged by this version",
            ),
        );
    }

    /// One line for a check that was passed; for a check of bids, the number of bids and a line for
    /// each bid that was not.
    fn check_lines(&self, page: &mut Page, check: CheckId) {
        let own = self.findings.iter().filter(|finding| finding.check == check);
        let good = |f: &&Finding| matches!(f.outcome, Outcome::Pass | Outcome::NotApplicable);
        let (good, bad): (Vec<&Finding>, Vec<&Finding>) = own.partition(good);
        match (check.check().scope, good.iter().map(|finding| finding.outcome).max()) {
            (_, None) => {}
            (Scope::Package, Some(_)) => good.iter().for_each(|f| write_finding(page, f)),
            (Scope::Bid, Some(best)) => {
                let count = good.iter().filter(|finding| finding.outcome == best).count();
                let answer = page.outcome(best);
                let counted = match page.lang {
                    Lang::Zh => format!("{answer}（{count} 份投标）"),
                    Lang::En => format!("{answer} ({count} bids)"),
                };
                let question = check.check().question.of(page.lang);
                page.line(&format!("{check}  {counted}  {question}"));
            }
        }
        for finding in bad {
            write_finding(page, finding);
        }
    }

    fn last_lines(&self, page: &mut Page) {
        let count = |outcome| self.count(outcome);
        let (pass, fail) = (count(Outcome::Pass), count(Outcome::Fail));
        let (unknown, not) = (count(Outcome::Unknown), count(Outcome::NotApplicable));
        let counts = match page.lang {
            Lang::Zh => {
                format!("{fail} 项不通过  {unknown} 项无法判定  {pass} 项通过  {not} 项不适用")
            }
            Lang::En => {
                format!("{fail} failed  {unknown} unknown  {pass} passed  {not} not applicable")
            }
        };
        page.line(&counts);
        let verdict = self.verdict;
        let line = match (page.lang, verdict) {
            (Lang::Zh, Verdict::Passed) => "结论：通过（公开范围） TOTAL-PASSED".to_owned(),
            (Lang::Zh, _) => format!("结论：{} {}", verdict.zh(), verdict.name()),
            (Lang::En, Verdict::Passed) => "verdict: TOTAL-PASSED (public scope)".to_owned(),
            (Lang::En, _) => format!("verdict: {}", verdict.name()),
        };
        page.line(&line);
    }
}

fn write_finding(page: &mut Page, finding: &Finding) {
    let check = finding.check.check();
    let bid = finding.bid.as_ref().map_or_else(String::new, |bid| format!(" {bid}"));
    let answer = page.outcome(finding.outcome);
    page.line(&format!("{}{bid}  {answer}  {}", check.id, check.question.of(page.lang)));
    if matches!(finding.outcome, Outcome::Pass | Outcome::NotApplicable) {
        return;
    }
    let mut why = match finding.outcome {
        Outcome::Fail => check.failure.of(page.lang).to_owned(),
        _ => page
            .pick(
                "证据缺失，或因前面的问题未能判定",
                "evidence is missing, or an earlier problem kept this open",
            )
            .to_owned(),
    };
    if let Some(indication) = finding.indication {
        for piece in [" (", indication, ")"] {
            why.push_str(piece);
        }
    }
    page.line(&format!("    {why}"));
    if let Some(detail) = &finding.detail {
        page.line(&format!("    {detail}"));
    }
    if !finding.refs.is_empty() {
        page.line(&format!("    {}", finding.refs.join(" ")));
    }
}

fn write_bid(page: &mut Page, bid: &BidLine) {
    let (status, opened) = match page.lang {
        Lang::Zh => (status_zh(bid.status), opened_zh(bid.opened)),
        Lang::En => (bid.status, bid.opened.unwrap_or("sealed")),
    };
    let verdict = page.pick(bid.verdict.zh(), bid.verdict.name());
    page.line(&format!("{} {}  {status}  {opened}  {verdict}", bid.name, bid.bidder.name));
}

fn status_zh(status: &str) -> &'static str {
    match status {
        "current" => "有效投标",
        "superseded" => "已被替换",
        _ => "已撤回",
    }
}

fn opened_zh(opened: Option<&str>) -> &'static str {
    match opened {
        Some("opened") => "已打开",
        Some("bad-format") => "已打开，格式不符",
        Some(_) => "未能打开",
        None => "未解密",
    }
}
