//! The checks: one table of stable ids, questions and answers.
//!
//! An id is never renamed or reused. `checks.json` beside this crate's manifest is the same table
//! for other programs; a test keeps the two equal.

use serde::Serialize;

use crate::Lang;

/// One text in both languages.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Words {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

impl Words {
    /// The text in one language.
    pub const fn of(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

/// Whether a check is made once or for every bid.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Once for each bid of the frozen set.
    Bid,
    /// Once for the package.
    Package,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// The stable id, such as `PKG-05`.
    pub id: &'static str,
    /// Once, or for every bid.
    pub scope: Scope,
    /// What is asked; the answer "yes" is a pass.
    pub question: Words,
    /// What "no" means.
    pub failure: Words,
    /// How to repeat the check without this program, or what it rests on.
    pub by_hand: Words,
}

macro_rules! checks {
    ($($name:ident = $id:literal $scope:ident
        ask $ask_zh:literal $ask_en:literal
        no $no_zh:literal $no_en:literal
        hand $hand_zh:literal $hand_en:literal;)*) => {
        /// Names a check.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum CheckId {
            $(#[doc = concat!("`", $id, "`: ", $ask_en)] #[allow(clippy::doc_markdown)] $name,)*
        }

        impl CheckId {
            /// All checks in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The line of the table.
            pub const fn check(self) -> Check {
                match self {
                    $(Self::$name => Check {
                        id: $id,
                        scope: Scope::$scope,
                        question: Words { zh: $ask_zh, en: $ask_en },
                        failure: Words { zh: $no_zh, en: $no_en },
                        by_hand: Words { zh: $hand_zh, en: $hand_en },
                    },)*
                }
            }
        }
    };
}

checks! {
    Pkg01 = "PKG-01" Package
        ask "证据包容器是否完全符合格式（仅存储、无链接、无空隙、无多余字节）？" "Is the container exactly of the format (stored only, no links, no gaps, no extra bytes)?"
        no "容器不符合格式，未读取任何文件" "The container is not of the format; no file was read"
        hand "unzip -Z -v 包文件" "unzip -Z -v PACKAGE";
    Pkg02 = "PKG-02" Package
        ask "第一个文件是否为规定的 mimetype？" "Is the first file the prescribed mimetype?"
        no "mimetype 缺失、不在首位或内容不符" "The mimetype is missing, not first, or another one"
        hand "head -c 69 包文件" "head -c 69 PACKAGE";
    Pkg03 = "PKG-03" Package
        ask "文件清单（ASiCManifest）是否完全符合模板？" "Does the manifest (ASiCManifest) follow the template exactly?"
        no "文件清单不符合模板" "The manifest does not follow the template"
        hand "阅读 META-INF/ASiCManifest001.xml" "read META-INF/ASiCManifest001.xml";
    Pkg04 = "PKG-04" Package
        ask "包内每个文件是否都在文件清单中，清单所列文件是否都在包内？" "Is every file in the manifest, and every listed file in the package?"
        no "有文件未列入清单，或清单所列文件不在包内" "A file is not in the manifest, or a listed file is not in the package"
        hand "verify-openssl.sh 第 1 步" "verify-openssl.sh, step 1";
    Pkg05 = "PKG-05" Package
        ask "每个文件的摘要是否与文件清单一致？" "Does every file have the digest that the manifest states?"
        no "文件内容与封包时不同" "The content of a file is not what was sealed"
        hand "openssl dgst -sha256 -binary 文件 | openssl base64" "openssl dgst -sha256 -binary FILE | openssl base64";
    Pkg06 = "PKG-06" Package
        ask "文件清单上的封包签章是否完好，且证书可信？" "Is the seal over the manifest intact, and its certificate trusted?"
        no "封包签章不成立" "The seal does not hold"
        hand "verify-openssl.sh 第 2 步" "verify-openssl.sh, step 2";
    Pkg07 = "PKG-07" Package
        ask "封包者是否为招标文件所列的开标大厅？" "Was it sealed by the hall that the tender file names?"
        no "封包者不是招标文件所列的开标大厅" "It was sealed by somebody else than the hall of the tender file"
        hand "比较签章证书的 SHA-256 与 tender.json 的 hall.cert_sha256" "compare the SHA-256 of the seal's certificate with hall.cert_sha256 in tender.json";
    Pkg08 = "PKG-08" Package
        ask "包内是否只有公开类证据包应有的文件，且必备文件齐全？" "Does the package hold the files of the public kind, and nothing else?"
        no "包内有公开类证据包不应有的文件" "The package holds a file that the public kind does not have"
        hand "unzip -l 包文件，对照 docs/spec/evidence.md" "unzip -l PACKAGE, compare with docs/spec/evidence.md";
    Tru01 = "TRU-01" Package
        ask "招标文件与草案格式是否正确，条款是否相同？" "Are tender file and draft well formed, and are their terms the same?"
        no "招标文件或草案格式错误，或条款不同" "The tender file or the draft is malformed, or their terms differ"
        hand "比较 tender/tender.json 与 tender/draft.json" "compare tender/tender.json with tender/draft.json";
    Tru02 = "TRU-02" Package
        ask "招标文件与草案是否由主持单位以可信证书签名？" "Did the host sign tender file and draft with a trusted certificate?"
        no "主持单位的签名不成立" "The host's signature does not hold"
        hand "verify-openssl.sh 第 3 步" "verify-openssl.sh, step 3";
    Tru03 = "TRU-03" Package
        ask "包内信任列表是否为招标文件所指定的那一份？" "Is the trust list in the package the one that the tender file names?"
        no "包内信任列表不是招标文件所指定的" "The trust list in the package is not the one that the tender file names"
        hand "sha256sum trust/trust.json，对照 trust_sha256" "sha256sum trust/trust.json, compare with trust_sha256";
    Cer01 = "CER-01" Package
        ask "密钥仪式记录是否成立，且正是招标文件所指定的仪式？" "Does the ceremony record hold, and is it the one that the tender file names?"
        no "密钥仪式记录不成立，或属于别的项目" "The ceremony record does not hold, or belongs to something else"
        hand "docs/spec/ceremony.md" "docs/spec/ceremony.md";
    Cer02 = "CER-02" Package
        ask "各密钥分持人是否都对仪式记录签名？" "Did every custodian sign the ceremony record?"
        no "有密钥分持人的签名不成立" "A custodian's signature does not hold"
        hand "verify-openssl.sh 第 3 步" "verify-openssl.sh, step 3";
    Cer03 = "CER-03" Package
        ask "发布招标文件之前，演练是否由全部分持人打开？" "Did a rehearsal open with all custodians before the tender was published?"
        no "没有演练，或演练的证明不成立" "There is no rehearsal, or its proofs do not hold"
        hand "docs/spec/ceremony.md" "docs/spec/ceremony.md";
    Cer04 = "CER-04" Package
        ask "日志中密钥分持人销毁密钥份额的声明是否都成立？" "Do the custodians' statements in the log that their shares are destroyed hold?"
        no "有密钥分持人的销毁声明不成立" "A custodian's statement of destruction does not hold"
        hand "verify-openssl.sh 第 5 步" "verify-openssl.sh, step 5";
    Jrn01 = "JRN-01" Package
        ask "包内密钥分持人的日志，是否正是其在封存后和结束后签名的内容，且后者接续前者？" "Are the custodians' journals the ones that they signed after the freeze and at the end, the second continuing the first?"
        no "有密钥分持人的日志不是其签名的内容，或前后不接续" "A custodian's journal is not the one that it signed, or does not continue the earlier one"
        hand "verify-openssl.sh 第 5 步" "verify-openssl.sh, step 5";
    Jrn02 = "JRN-02" Package
        ask "每份日志的每一行是否都可读，次序是否符合密钥分持人的规则？" "Is every line of every journal an act, in an order that the custodians' rules allow?"
        no "有日志含不可读的行或不允许的行为" "A journal has a line that is no act, or an act that is not allowed there"
        hand "阅读 journals/，对照 docs/spec/custodian.md" "read journals/ beside docs/spec/custodian.md";
    Jrn03 = "JRN-03" Package
        ask "各日志所载的共签、封存、释放、拒绝和销毁是否与开标日志一致？" "Do heads, freeze, releases, refusals and destruction in the journals agree with the opening log?"
        no "有密钥分持人的日志与开标日志矛盾" "A custodian's journal contradicts the opening log"
        hand "比较 journals/ 与 log/entries.jsonl" "compare journals/ with log/entries.jsonl";
    Jrn04 = "JRN-04" Package
        ask "按各密钥分持人自己的时钟，签署封存和释放是否都不早于截止时间？" "By the custodians' own clocks, did no countersignature and no release come before the deadline?"
        no "有密钥分持人按其自己的时钟在截止时间之前行事" "By its own clock a custodian acted before the deadline"
        hand "比较 journals/ 中 at 与截止时间" "compare at in journals/ with the deadline";
    Sig01 = "SIG-01" Bid
        ask "投标清单是否由其所列投标人以可信证书签名？" "Is the manifest signed by the bidder it names, with a trusted certificate?"
        no "投标人的签名不成立" "The bidder's signature does not hold"
        hand "verify-openssl.sh 第 4 步" "verify-openssl.sh, step 4";
    Sig02 = "SIG-02" Package
        ask "日志中每个由人引起的记录是否都带有其本人签名的指令？" "Does every entry that a person caused carry that person's signed command?"
        no "有记录缺少签名的指令，或签名不成立" "An entry lacks its signed command, or the signature does not hold"
        hand "verify-openssl.sh 第 5 步" "verify-openssl.sh, step 5";
    Sig03 = "SIG-03" Package
        ask "封存清单上的密钥分持人签名是否成立？" "Do the custodians' signatures under the freeze hold?"
        no "有密钥分持人对封存清单的签名不成立" "A custodian's signature under the freeze does not hold"
        hand "verify-openssl.sh 第 5 步" "verify-openssl.sh, step 5";
    Sig04 = "SIG-04" Package
        ask "开标记录上的签名是否成立？" "Do the signatures under the opening record hold?"
        no "开标记录上有签名不成立" "A signature under the opening record does not hold"
        hand "verify-openssl.sh 第 5 步" "verify-openssl.sh, step 5";
    Sig05 = "SIG-05" Bid
        ask "回执是否由开标大厅签名？" "Is the receipt signed by the hall?"
        no "回执的签名不成立" "The signature under the receipt does not hold"
        hand "verify-openssl.sh 第 4 步" "verify-openssl.sh, step 4";
    Log01 = "LOG-01" Package
        ask "日志每一行格式是否正确，序号连续、时间不倒退？" "Is every line of the log well formed, without gaps, and never back in time?"
        no "日志有格式错误、缺号或时间倒退" "A line is malformed, missing, or back in time"
        hand "阅读 log/entries.jsonl" "read log/entries.jsonl";
    Log02 = "LOG-02" Package
        ask "最终日志头是否由招标文件所列的日志密钥签名？" "Is the final head signed by the log key that the tender file names?"
        no "日志头的签名不成立" "The signature of the log does not hold"
        hand "verify-openssl.sh 第 6 步" "verify-openssl.sh, step 6";
    Log03 = "LOG-03" Package
        ask "日志全部记录的根是否等于最终日志头？" "Do the entries give size and root of the final head?"
        no "日志被改动、删减或增补" "The log was altered, cut or added to"
        hand "verify-openssl.sh 第 6 步" "verify-openssl.sh, step 6";
    Log04 = "LOG-04" Bid
        ask "回执是否属于这份投标，并能证明其位置在日志中？" "Is the receipt this bid's, and does it prove the bid's place in the log?"
        no "回执不属于这份投标，或证明不成立" "The receipt is not this bid's, or its proof does not hold"
        hand "docs/spec/opening-log.md" "docs/spec/opening-log.md";
    Log05 = "LOG-05" Package
        ask "日志是否以这份招标文件开始？" "Does the log begin with this tender file?"
        no "日志属于别的招标文件" "The log belongs to another tender file"
        hand "比较 entries.jsonl 第一行的 tender_sha256" "compare tender_sha256 in the first line of entries.jsonl";
    Wit01 = "WIT-01" Package
        ask "截止日志头是否按时由至少 k 名密钥分持人共签？" "Did at least k custodians cosign the closing head in time?"
        no "截止日志头未得到足够的共签" "The closing head was not cosigned by enough custodians"
        hand "docs/spec/opening-log.md" "docs/spec/opening-log.md";
    Wit02 = "WIT-02" Package
        ask "最终日志头是否由至少 k 名密钥分持人共签？" "Did at least k custodians cosign the final head?"
        no "最终日志头上有伪造的共签" "A cosignature of the final head is forged"
        hand "verify-openssl.sh 第 6 步" "verify-openssl.sh, step 6";
    Wit03 = "WIT-03" Package
        ask "包内所有已签名的日志头是否都是同一日志的日志头？" "Are all signed heads in the package heads of this one log?"
        no "日志密钥签了互相矛盾的日志头" "The log key signed heads that contradict each other"
        hand "docs/spec/opening-log.md" "docs/spec/opening-log.md";
    Sea01 = "SEA-01" Package
        ask "封存清单是否与截止前日志中的位置承诺一致，无遗漏、无增添？" "Does the freeze list follow from the places committed in the log before the deadline?"
        no "封存清单与日志中的承诺不符" "The freeze list does not follow from the log"
        hand "docs/spec/opening-log.md" "docs/spec/opening-log.md";
    Sea02 = "SEA-02" Bid
        ask "投标清单与文件头是否与封存清单一致，且封给本标段的密钥？" "Are manifest and headers those of the freeze list, sealed to this lot's key?"
        no "投标清单或文件头与封存清单不符" "Manifest or headers are not those of the freeze list"
        hand "docs/spec/seal.md" "docs/spec/seal.md";
    Sea03 = "SEA-03" Bid
        ask "密封报价文件是否正是投标人签名的那一份？" "Is the sealed price object the one that the bidder signed?"
        no "密封报价文件与投标人签名的不同" "The sealed price object is not the one that the bidder signed"
        hand "docs/spec/seal.md" "docs/spec/seal.md";
    Dec01 = "DEC-01" Bid
        ask "部分解密的证明是否成立，且数量与公布结果相符？" "Are the partial decryptions proven, and enough for what was published?"
        no "成立的部分解密少于 k 份，却公布为已打开" "Fewer than k proven partial decryptions, yet published as opened"
        hand "docs/spec/ceremony.md" "docs/spec/ceremony.md";
    Dec02 = "DEC-02" Bid
        ask "用日志中的部分解密重新打开报价，结果是否与公布的一致？" "Does the price, opened again, give exactly what was published?"
        no "公布的报价不是密封文件中的报价" "What was published is not what the sealed object holds"
        hand "docs/spec/seal.md" "docs/spec/seal.md";
    Dec03 = "DEC-03" Bid
        ask "投标文件（非报价部分）的解密结果是否可复核？" "Can the opened documents be checked?"
        no "公开类证据包不含投标文件" "The public kind holds no documents"
        hand "审计类证据包" "packages of the auditor kind";
    Drw01 = "DRW-01" Package
        ask "用日志中的证明重新计算，每项抽取的结果是否正确？" "Does every draw, computed again from the proofs in the log, give what was written?"
        no "抽取结果不能由密钥分持人的证明推出" "The outcome of a draw does not follow from the custodians' proofs"
        hand "docs/spec/ceremony.md 第 8 节" "docs/spec/ceremony.md, section 8";
    Ord01 = "ORD-01" Package
        ask "每一步是否都符合开标程序（顺序、时间、身份）？" "Does every step follow the procedure (order, time, party)?"
        no "有步骤违反开标程序" "A step breaks the procedure"
        hand "docs/spec/procedure.md" "docs/spec/procedure.md";
    Ord02 = "ORD-02" Package
        ask "解密是否在截止时间、截止日志头与封存完成之后才开始？" "Did unsealing begin only after deadline, closing head and completed freeze?"
        no "在截止或封存完成之前已有解密" "Something was unsealed before the deadline or the completed freeze"
        hand "阅读 log/entries.jsonl 中 unsealing-started 之前的记录" "read the entries before unsealing-started in log/entries.jsonl";
    Ord03 = "ORD-03" Package
        ask "投标人不足时，是否什么都没有打开？" "With too few bidders, was nothing unsealed?"
        no "投标人不足，却有解密" "There were too few bidders, yet something was unsealed"
        hand "阅读 log/entries.jsonl 末尾的记录" "read the last entries of log/entries.jsonl";
    Ord04 = "ORD-04" Package
        ask "开标是否已经结束，或因投标人不足而终止？" "Is the opening over, closed or failed for too few bidders?"
        no "结束之后仍有记录" "Entries follow the end"
        hand "阅读 log/entries.jsonl 最后一行" "read the last line of log/entries.jsonl";
    Ord05 = "ORD-05" Package
        ask "日志中的时间是否都不晚于审计人给定的时刻？" "Is nothing in the log dated later than the instant the auditor gave?"
        no "日志的时间晚于审计人给定的时刻" "The log is dated later than the instant the auditor gave"
        hand "阅读 log/entries.jsonl 最后一行的 at" "read `at` in the last line of log/entries.jsonl";
    Rec01 = "REC-01" Package
        ask "封存清单中的每份投标是否都有一个文件夹，且没有多余的文件夹？" "Is there one folder for each bid of the freeze list, and no other?"
        no "有投标没有文件夹，或文件夹没有对应的投标" "A bid has no folder, or a folder has no bid"
        hand "比较 bids/ 与 set-frozen 记录" "compare bids/ with the set-frozen entry";
    Rec02 = "REC-02" Package
        ask "开标记录是否正是由日志推导出的那一份？" "Is the opening record the one that follows from the log?"
        no "开标记录与日志不符" "The opening record does not follow from the log"
        hand "sha256sum opening/record.json，对照 record-generated" "sha256sum opening/record.json, compare with record-generated";
    Rec03 = "REC-03" Package
        ask "报价表副本与日志密钥副本是否与原件一致？" "Are the copies of price sheets and log key the same as their originals?"
        no "副本与原件不同" "A copy differs from its original"
        hand "比较 opening/sheets/ 与 prices-published 记录" "compare opening/sheets/ with the prices-published entry";
}

impl CheckId {
    /// The check with an id such as `PKG-05`.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|check| check.check().id == id)
    }
}

impl core::fmt::Display for CheckId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.check().id)
    }
}

/// All checks, one line each: id and question.
pub fn list_checks(lang: Lang) -> String {
    let line = |id: &CheckId| format!("{id}  {}\n", id.check().question.of(lang));
    CheckId::ALL.iter().map(line).collect()
}

/// What one check asks, what a failure means, and how to repeat it; `None` if there is no such id.
pub fn explain(id: &str, lang: Lang) -> Option<String> {
    let check = CheckId::parse(id)?.check();
    let (asks, fails, hand) = match lang {
        Lang::Zh => ("问题", "不通过表示", "手工复核"),
        Lang::En => ("question", "failure means", "by hand"),
    };
    Some(format!(
        "{}\n{asks}: {}\n{fails}: {}\n{hand}: {}\n",
        check.id,
        check.question.of(lang),
        check.failure.of(lang),
        check.by_hand.of(lang)
    ))
}

/// The table as JSON, the content of `checks.json`.
pub fn checks_json() -> String {
    let table: Vec<Check> = CheckId::ALL.iter().map(|id| id.check()).collect();
    // Fixed texts and no maps: writing to memory cannot fail.
    let mut json = serde_json::to_string_pretty(&table).unwrap_or_default();
    json.push('\n');
    json
}
