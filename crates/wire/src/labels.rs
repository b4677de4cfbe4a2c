//! The table of all problem labels: one place, never renamed, never reused.
//!
//! Each label has a file in `fixtures/errors/`; a test compares table and files both ways.
//! Chinese first. The sentences are for people who have never done this before.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::Exit;

/// The sentences of one label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Text {
    /// What happened, Chinese.
    pub zh: &'static str,
    /// What happened, English.
    pub en: &'static str,
    /// What is safe, Chinese.
    pub safe_zh: &'static str,
    /// What is safe, English.
    pub safe_en: &'static str,
    /// What to do, Chinese.
    pub todo_zh: &'static str,
    /// What to do, English.
    pub todo_en: &'static str,
}

/// A text is not a label.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown problem label {0:?}")]
pub struct UnknownLabel(pub String);

/// `label => Variant, HTTP status, exit code; zh, en; safe zh, en; to do zh, en`. The status is `None`
/// for what only a command on one's own machine can meet.
macro_rules! labels {
    ($($label:literal => $name:ident, $status:expr, $exit:ident;
        $zh:literal, $en:literal; $safe_zh:literal, $safe_en:literal; $todo_zh:literal, $todo_en:literal;)*) => {
        /// What went wrong, as a stable word for programs and files.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        #[non_exhaustive]
        pub enum Label {
            $(#[doc = $en] $name,)*
        }

        impl Label {
            /// All labels, in the order of their texts.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// HTTP status; `None` for what only a command on one's own machine can meet.
            #[must_use]
            pub const fn status(self) -> Option<u16> {
                match self { $(Self::$name => $status,)* }
            }

            /// Exit code of a command that ends with this problem.
            #[must_use]
            pub const fn exit(self) -> Exit {
                match self { $(Self::$name => Exit::$exit,)* }
            }

            /// The sentences for people.
            #[must_use]
            pub const fn text(self) -> Text {
                match self {
                    $(Self::$name => Text {
                        zh: $zh, en: $en, safe_zh: $safe_zh, safe_en: $safe_en,
                        todo_zh: $todo_zh, todo_en: $todo_en,
                    },)*
                }
            }
        }
    };
}

impl Label {
    /// Reads a label.
    ///
    /// # Errors
    ///
    /// [`UnknownLabel`] on any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownLabel> {
        let found = Self::ALL.iter().find(|label| label.as_str() == text);
        found.copied().ok_or_else(|| UnknownLabel(text.to_owned()))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Label {
    type Error = UnknownLabel;
    fn try_from(text: String) -> Result<Self, UnknownLabel> {
        Self::parse(&text)
    }
}

impl From<Label> for &'static str {
    fn from(label: Label) -> Self {
        label.as_str()
    }
}

labels! {
    "altered-object" => AlteredObject, Some(422), Failed;
        "密封文件的内容与签名的清单不一致。",
        "The sealed file is not the one that was signed in the manifest.";
        "清单和签名没有变化；改动过的内容不会被接受。",
        "The manifest and its signature are unchanged; altered content is never accepted.";
        "请用密封时生成的原文件重新上传；若原文件也已改动，请重新密封。",
        "Upload the original file made when sealing; if that one was altered too, seal again.";
    "bad-input" => BadInput, Some(400), DataError;
        "提供的内容不符合要求，因此没有处理。",
        "What was given does not meet the requirements, so it was not processed.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请按提示中指出的位置改正后重试。",
        "Correct the place named in the detail and try again.";
    "bad-json" => BadJson, Some(400), DataError;
        "收到的数据格式不正确，无法读取。",
        "The data that arrived is not in the right format and cannot be read.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请使用原始文件，不要用编辑器改动；若仍出现，请更新程序。",
        "Use the original file, not one changed in an editor; if it happens again, update the program.";
    "bad-manifest" => BadManifest, Some(422), DataError;
        "投标清单不完整或前后矛盾，因此没有接收。",
        "The bid manifest is incomplete or contradicts itself, so it was not accepted.";
        "您的密封文件仍在您自己的电脑上，没有变化。",
        "Your sealed file is still on your own machine, unchanged.";
        "请用本程序重新密封，再次提交。",
        "Seal again with this program and submit once more.";
    "bad-proof" => BadProof, Some(422), Failed;
        "密钥分持人提供的解密证明不成立，因此没有采用。",
        "A custodian's proof of its decryption does not hold, so it was not used.";
        "没有采用错误的结果；其他分持人的结果不受影响。",
        "No wrong result was used; the results of the other custodians are not affected.";
        "请该分持人检查其密钥文件并重新发送；人数足够时开标照常进行。",
        "That custodian checks its key file and sends again; with enough custodians the opening goes on.";
    "bad-slice" => BadSlice, Some(400), DataError;
        "上传的这一段长度或位置不对，因此没有保存。",
        "This piece of the upload has the wrong length or place, so it was not stored.";
        "已经保存的各段都在，不需要重传。",
        "The pieces stored before are kept; they need not be sent again.";
        "请查询缺少的段，然后只补传这些段。",
        "Ask which pieces are missing and send only those.";
    "broken-record" => BrokenRecord, None, Failed;
        "证据记录不能接受：它被改动过、不完整，或者不属于这些文件。",
        "The evidence record is not accepted: it was altered, is incomplete, or is not about these files.";
        "原有的记录和文件没有改动。",
        "The record and the files are unchanged.";
        "请核对文件是否与当初完全相同，并改用保存的另一份记录；文件有缺少的，请全部给出。",
        "Check that the files are the very same as then, take another copy of the record, and name all the files.";
    "broken-signature" => BrokenSignature, Some(422), Failed;
        "电子签名无效：签名之后内容被改动，或签名文件不完整。",
        "The signature is not valid: the content changed after signing, or the signature is incomplete.";
        "没有接收签名无效的内容；此前已接收的内容不受影响。",
        "Nothing with an invalid signature was accepted; what was accepted before is not affected.";
        "请用原文件重新签名后再提交。",
        "Sign the original file again, then submit.";
    "broken-stamp" => BrokenStamp, None, Failed;
        "时间戳不能接受：它被改动过，或者不是针对这个文件、这次请求的。",
        "The time stamp is not accepted: it was altered, or is not of this file or not the answer to this request.";
        "没有写入任何内容；不合格的时间戳不会被保存。",
        "Nothing was written; a time stamp that does not hold is not kept.";
        "请核对文件后重新申请；若仍如此，请换一个时间戳机构，并保留这次的应答。",
        "Check the file and ask again; if it stays so, ask another authority and keep this answer.";
    "busy" => Busy, Some(503), Network;
        "服务器正忙，暂时不能处理这个请求。",
        "The hall is busy and cannot take this request right now.";
        "已经保存的内容不会丢失。",
        "What is already stored is not lost.";
        "请稍等几秒后重试；程序可以从断点继续上传。",
        "Wait a few seconds and try again; an upload goes on where it stopped.";
    "cannot-read" => CannotRead, None, NoInput;
        "无法读取指定的文件或文件夹。",
        "The file or folder that was named cannot be read.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请检查路径是否正确、文件是否存在、是否有读取权限。",
        "Check the path, that the file exists, and that you may read it.";
    "cannot-write" => CannotWrite, None, CannotCreate;
        "无法写入指定的文件或文件夹。",
        "The file or folder that was named cannot be written.";
        "原有文件没有改动；没有写完的文件不能使用。",
        "Existing files are unchanged; a file that was not finished must not be used.";
        "请检查磁盘空间和写入权限，或换一个文件夹。",
        "Check the free space and your right to write there, or choose another folder.";
    "duplicate-object" => DuplicateObject, Some(409), DataError;
        "同名内容已经存在，但与这次提交的内容不同。",
        "Something of this name exists already, and it is not the same as what was sent now.";
        "先前的内容原样保留，没有被覆盖。",
        "What was there before is kept as it was; nothing was overwritten.";
        "请核对是否重复操作；要更换投标，请以新的序号重新密封后提交。",
        "Check whether this was done twice; to replace a bid, seal it again with the next number and submit.";
    "duplicate-sequence" => DuplicateSequence, Some(409), Refused;
        "这个投标序号已经用过，不能再用于另一份投标。",
        "This bid number was used already and cannot be used for another bid.";
        "先前提交的投标仍然有效。",
        "The bid submitted before is still valid.";
        "要更换投标，请用更大的序号重新密封，并在截止时间前提交。",
        "To replace it, seal again with a greater number and submit before the deadline.";
    "foreign-origin" => ForeignOrigin, Some(403), Refused;
        "这个请求来自另一个网站的页面，因此没有处理。",
        "This request comes from a page of another site, so it was not processed.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请在浏览器中直接打开开标大厅的网址；若网址无误，请运营方用 --origin 登记该网址。",
        "Open the address of the hall itself in the browser; if that is what you did, its operator names the address with --origin.";
    "freeze-conflict" => FreezeConflict, Some(409), Failed;
        "出现了与已签署的投标名单不同的另一份名单，系统已拒绝。",
        "Another list of bids appeared that differs from the one already signed; it was refused.";
        "所有投标仍然密封，没有任何人看到内容。",
        "All bids are still sealed; nobody has seen what is in them.";
        "请主持人和监督人立即核对开标日志，并保留证据。",
        "Host and supervisor compare the opening log at once and keep the evidence.";
    "hall-unreachable" => HallUnreachable, None, Network;
        "无法连接开标服务器。",
        "The opening server could not be reached.";
        "您的密封文件仍在您自己的电脑上，没有变化。",
        "Your sealed file is still on your own machine, unchanged.";
        "请检查网络和地址后重试；上传可以从断点继续。截止时间以服务器收完为准，请尽早提交。",
        "Check network and address and try again; an upload goes on where it stopped. What counts is complete arrival before the deadline, so submit early.";
    "internal" => Internal, Some(500), Internal;
        "程序内部出错，这个请求没有完成。",
        "The program had an internal fault; this request was not completed.";
        "已经收到回执的投标不受影响。",
        "Bids that have a receipt are not affected.";
        "请重试一次；若再次出现，请把时间和标识告诉技术人员。",
        "Try once more; if it happens again, tell the technical staff the time and the label.";
    "key-mismatch" => KeyMismatch, None, NoPermission;
        "私钥与证书不是一对。",
        "The private key and the certificate do not belong together.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请选择同一次签发的证书和私钥，或插入正确的数字证书介质。",
        "Choose the certificate and the key that were issued together, or insert the right token.";
    "keystore-exposed" => KeyStoreExposed, None, NoPermission;
        "密钥库的文件夹对其他用户开放，因此没有打开。",
        "The folder of the key store is open to other users, so it was not opened.";
        "密钥库没有改动，其中的内容仍然加密；但别人可能已经复制过这些文件。",
        "The key store is unchanged and what is in it is still encrypted; others may have copied its files, though.";
        "请先查明谁能进入这个文件夹，再把权限改为仅限本用户（chmod 700），然后重新启动。",
        "Find out who could enter the folder, then close it to others (chmod 700) and start again.";
    "keystore-locked" => KeyStoreLocked, None, Internal;
        "另一个进程正在使用这个密钥库。",
        "Another process uses this key store.";
        "密钥库没有改动；同一份密钥不会被两个进程同时使用。",
        "The key store is unchanged; no two processes use the same keys at the same time.";
        "请先停止已经在运行的密钥分持人程序，再重新启动；不要复制密钥库。",
        "Stop the custodian that is running already, then start again; do not copy the key store.";
    "keystore-passphrase" => KeyStorePassphrase, None, NoPermission;
        "口令打不开这个密钥库。",
        "The passphrase does not open this key store.";
        "密钥库没有改动，其中的内容仍然加密。",
        "The key store is unchanged and what is in it is still encrypted.";
        "请核对口令文件和密钥库的文件夹；口令必须是建库时的那一个，没有其他办法打开。",
        "Check the passphrase file and the folder of the key store; it must be the passphrase of the time when the store was made, and nothing else opens it.";
    "keystore-write" => KeyStoreWrite, None, Internal;
        "密钥库无法可靠写入，密钥分持人程序已停止。",
        "The key store could not be written for certain, so the custodian stopped.";
        "没有记入密钥库的操作都没有进行；已经记入的不会丢失。",
        "Nothing was done that the key store does not have, and what it has is not lost.";
        "请检查磁盘空间、权限和磁盘是否完好，然后重新启动；程序会从密钥库所记之处继续。",
        "Check free space, permissions and the disk, then start again; the program goes on from what the key store has.";
    "late" => Late, Some(403), Refused;
        "已过投标截止时间，服务器没有接收这份投标。",
        "The deadline has passed; the hall did not accept this bid.";
        "这份投标始终密封，没有任何人能打开；截止前已收到回执的投标仍然有效。",
        "This bid stays sealed and nobody can open it; a bid that got its receipt before the deadline is still valid.";
        "请与招标人或代理机构联系；如对时间有异议，可凭回执和日志提出。",
        "Contact the tenderee or its agency; an objection about the time can be raised with receipt and log.";
    "no-session" => NoSession, Some(401), NoPermission;
        "尚未登录，或登录已失效。",
        "You are not logged in, or your session has ended.";
        "没有写入任何内容；登录失效不影响投标文件、签名和开标进程。",
        "Nothing was written; the end of a session affects no bid, no signature and no opening.";
        "请用数字证书重新登录本标段。",
        "Log in to this lot again with your certificate.";
    "not-dev" => NotDev, Some(403), NoPermission;
        "开发用证书不能用于正式开标。",
        "Development certificates are not accepted for a real opening.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "正式使用请换成受信任机构签发的证书；仅作试验时请加 --dev 启动。",
        "For real use take certificates of a trusted authority; for a trial start with --dev.";
    "not-enough-custodians" => NotEnoughCustodians, Some(409), Refused;
        "到场的密钥分持人不足，暂时不能解密。",
        "Too few key custodians are present, so nothing can be unsealed yet.";
        "所有投标仍然密封，没有任何人看到内容。",
        "All bids are still sealed; nobody has seen what is in them.";
        "请联系缺席的密钥分持人；达到规定人数后自动继续。",
        "Call the absent custodians; the opening goes on by itself once enough are present.";
    "not-ready" => NotReady, Some(409), Refused;
        "前面的步骤还没有完成，现在还不能这样做。",
        "An earlier step is not finished, so this cannot be done yet.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请稍候，或查看当前进度后再试。",
        "Wait, or look at the progress, and try again.";
    "nothing-to-withdraw" => NothingToWithdraw, Some(409), Refused;
        "没有可撤回的投标：尚未递交，或已经撤回。",
        "There is no bid to withdraw: none was submitted, or it is withdrawn already.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请查看各次递交和撤回的回执；截止时间前仍可重新递交。",
        "Look at the receipts of what was submitted and withdrawn; until the deadline a bid may be submitted again.";
    "objection-open" => ObjectionOpen, Some(409), Refused;
        "还有异议没有答复，不能结束开标。",
        "An objection is not answered yet, so the opening cannot be closed.";
        "异议和已公布的结果都已记录，不会丢失。",
        "The objection and all published results are on record and are not lost.";
        "请主持人先当场答复异议并记录，再结束开标。",
        "The host answers the objection on record first, then closes the opening.";
    "other-trust-list" => OtherTrustList, None, NoPermission;
        "这份信任名单不是本标段招标文件所用的那一份。",
        "This trust list is not the one that the tender file of this lot names.";
        "您的数字证书没有问题；没有写入任何内容。",
        "Nothing is wrong with your certificate; nothing was written.";
        "请使用招标公告中公布的信任名单（核对其摘要），再试一次。",
        "Take the trust list that the tender notice names (compare its digest), then try again.";
    "out-of-order" => OutOfOrder, Some(409), Refused;
        "这一步不符合开标程序的顺序，系统没有执行。",
        "This step is not the next one of the procedure, so it was not carried out.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请按页面提示的下一步操作。",
        "Take the next step that the page names.";
    "record-overdue" => RecordOverdue, None, Indeterminate;
        "证据记录没有按期续期，最后一个时间戳已不能单独证明。",
        "The evidence record was not renewed in time; its last time stamp proves nothing by itself any more.";
        "记录和文件没有改动；到期之前作出的证明如有其他证据仍可采用。",
        "Record and files are unchanged; other evidence from before that day may still serve.";
        "请查找在到期之前续期过的另一份记录；没有时，只能以今天的时间重新建立记录。",
        "Look for a copy of the record that was renewed in time; without one a new record begins today.";
    "replayed" => Replayed, Some(409), Refused;
        "这条指令以前已经用过，系统没有再次执行。",
        "This command was used before and was not carried out again.";
        "第一次执行的结果仍然有效，并已记录。",
        "The result of the first time stands and is on record.";
        "若确需再次操作，请重新签发一条新指令。",
        "If it is really needed again, sign a new command.";
    "seat-ends" => SeatEnds, Some(422), DataError;
        "有一名密钥分持人的数字证书在开标后一天之内就会到期。",
        "The certificate of a custodian ends within a day after the opening, or before it.";
        "招标文件没有发布；没有写入任何内容。",
        "The tender file was not published; nothing was written.";
        "请该分持人先续期证书，再重新进行密钥仪式。",
        "Have the custodian renew its certificate, then hold the ceremony again.";
    "signer-unavailable" => SignerUnavailable, None, NoInput;
        "无法使用密码设备（令牌）中的签名密钥。",
        "The key on the token cannot be used to sign.";
        "没有作出签名，也没有写入任何内容；密钥仍在密码设备里。",
        "No signature was made and nothing was written; the key is still on the token.";
        "请检查密码设备是否插好、驱动模块和名称是否正确，然后重试。",
        "See that the token is inserted and that module and label are right, then try again.";
    "split-view" => SplitView, None, Failed;
        "日志给出了互相矛盾的历史，两份签名都已保存为证据。",
        "The log shows two pasts that contradict each other; both signatures are kept as proof.";
        "此前见证过的内容和证据都保存在见证文件夹中，没有改动。",
        "Everything seen before and the proof are kept in the witness's folder, unchanged.";
        "请保存该文件夹，并立即通知招标人和监督人。",
        "Keep that folder, and tell the tenderee and the supervisor at once.";
    "stale-challenge" => StaleChallenge, Some(403), Refused;
        "登录声明不是本大厅为本标段签发的，或者已经用过、已经过期。",
        "The login statement is not one of this hall for this lot, or it was used already, or has expired.";
        "没有建立登录；您的签名不能用于其他任何操作。",
        "No session was begun; what you signed can be used for nothing else.";
        "请重新取得登录声明并签名；若反复出现，请核对大厅网址和本机时间。",
        "Get a new statement and sign it; if it happens again, check the address of the hall and the clock of your machine.";
    "stale-head" => StaleHead, Some(409), Refused;
        "您看到的进度不是最新的，系统没有按旧进度执行。",
        "What you saw is not the newest state, so nothing was done on the old one.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请刷新到最新进度，确认后重新操作。",
        "Load the newest state, check it, and do it again.";
    "state-unknown" => StateUnknown, Some(503), Internal;
        "存储设备报告错误，服务器已停止，以免造成不一致。",
        "The storage reported an error; the hall stopped so that nothing becomes inconsistent.";
        "已经收到回执的投标已可靠保存，并且仍然密封。",
        "Bids that have a receipt are stored durably and are still sealed.";
        "请等待服务器恢复后再查询结果；不确定是否成功的操作可以安全地重做。",
        "Wait until the hall is back and ask again; a step whose result is not known can safely be repeated.";
    "token-pin" => TokenPin, None, NoPermission;
        "密码设备（令牌）不接受所给的 PIN，或者它的 PIN 已经锁定。",
        "The token does not accept the PIN, or its PIN is locked.";
        "密钥仍在密码设备里，没有任何内容被解密；程序不会再次尝试这个 PIN。",
        "The keys are still on the token and nothing was decrypted; the program does not try this PIN again.";
        "请先核对 PIN 文件再启动；如已锁定，请由设备管理员解锁。每次输错都会使设备更接近锁定。",
        "Check the PIN file before you start again; if it is locked, the token's officer unlocks it. Each wrong PIN brings the token nearer to its lock.";
    "token-unavailable" => TokenUnavailable, None, NoInput;
        "无法使用保护密钥的密码设备（令牌）：没有找到设备、驱动模块或其中的密钥。",
        "The token that protects the keys cannot be used: the token, its module or its key was not found.";
        "密钥库没有改动，其中的内容仍然加密。",
        "The key store is unchanged and what is in it is still encrypted.";
        "请插入建库时所用的密码设备，核对模块路径和设备名称，然后重新启动。",
        "Insert the token that the key store was made with, check the path of the module and the label, and start again.";
    "token-unfit" => TokenUnfit, None, DataError;
        "这个密码设备（令牌）不能安全地保护密钥，程序拒绝使用。",
        "This token does not protect the keys as it must; the program does not use it.";
        "没有任何密钥被写到这个设备之外。",
        "No key was written anywhere outside of the token.";
        "请换用支持 AES-GCM、名称唯一的设备，重新建立密钥库；若设备中的密钥可以导出，请停用它并查明原因。",
        "Take a token with AES-GCM and a label of its own and make a new key store; if a key on it can leave it, stop using it and find out why.";
    "too-early" => TooEarly, Some(403), Refused;
        "还没有到开标时间，任何人都不能提前开标。",
        "It is not yet the opening time; nobody can open earlier.";
        "所有投标仍然密封，没有任何人看到内容。",
        "All bids are still sealed; nobody has seen what is in them.";
        "请等到公布的开标时间；这次尝试已经记录。",
        "Wait for the published opening time; this attempt is on record.";
    "too-few-bidders" => TooFewBidders, Some(409), Refused;
        "投标人少于规定数量，依法不得开标。",
        "There are fewer bidders than required; by law the bids are not opened.";
        "所有投标保持密封，没有任何人看到内容。",
        "All bids stay sealed; nobody has seen what is in them.";
        "招标人应依法重新招标。",
        "The tenderee invites tenders again as the law provides.";
    "too-large" => TooLarge, Some(413), DataError;
        "内容超过了允许的大小，因此没有接收。",
        "This is larger than allowed, so it was not accepted.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请压缩或拆分文件，使其不超过限制后重试。",
        "Compress or split the file so that it keeps the limit, then try again.";
    "too-many-requests" => TooManyRequests, Some(429), Network;
        "短时间内的请求过多，大厅暂时没有处理。",
        "Too many requests came in a short time; the hall did not process this one.";
        "没有写入任何内容；已经提交的内容不受影响。",
        "Nothing was written; what was submitted before is not affected.";
        "请按提示的秒数稍候再试；程序会自动重试。",
        "Wait for the number of seconds given and try again; programs try again by themselves.";
    "truncated-object" => TruncatedObject, Some(422), Failed;
        "密封文件不完整，末尾缺少内容。",
        "The sealed file is incomplete; its end is missing.";
        "已经保存的部分不会丢失；不完整的文件不会被当作投标。",
        "What is stored is not lost; an incomplete file never counts as a bid.";
        "请用完整的原文件继续上传；若本地文件也不完整，请重新密封。",
        "Go on uploading from the complete original; if that one is incomplete too, seal again.";
    "tsa-refused" => TsaRefused, None, Refused;
        "时间戳机构拒绝了这次请求。",
        "The time-stamping authority refused the request.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请按机构给出的原因处理，例如更换摘要算法或策略，然后重试。",
        "Act on the reason it gives, for example another digest or policy, then try again.";
    "tsa-unreachable" => TsaUnreachable, None, Network;
        "无法从时间戳机构取得应答。",
        "No answer could be had from the time-stamping authority.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请检查网络和地址后稍候重试；没有网络的机器可以先写出请求文件，再带回应答文件。",
        "Check network and address and try again later; a machine without network can write the request to a file and read the answer from one.";
    "unknown-ceremony" => UnknownCeremony, Some(422), DataError;
        "这份文件所用的开标密钥不属于本标段。",
        "The opening key used here does not belong to this lot.";
        "没有接收这份文件；其他内容没有变化。",
        "It was not accepted; nothing else has changed.";
        "请重新下载本标段的招标文件，用它重新密封。",
        "Download the tender file of this lot again and seal with it.";
    "unknown-command" => UnknownCommand, Some(400), DataError;
        "系统不认识这条指令。",
        "This command is not known.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请更新程序，或检查指令名称是否正确。",
        "Update the program, or check the name of the command.";
    "unknown-lot" => UnknownLot, Some(404), DataError;
        "没有找到这个标段。",
        "This lot was not found.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请核对招标项目编号和标段编号，以及服务器地址。",
        "Check the numbers of tender and lot, and the address of the hall.";
    "unknown-path" => UnknownPath, Some(404), DataError;
        "服务器上没有这个地址。",
        "The hall has nothing at this address.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请检查网址，或更新程序。",
        "Check the address, or update the program.";
    "unknown-receipt" => UnknownReceipt, Some(404), DataError;
        "没有找到这个编号的回执。",
        "No receipt of this number was found.";
        "已经签发的回执不受影响，请妥善保存回执文件。",
        "Receipts that were issued are not affected; keep the receipt file safe.";
        "请核对回执编号、标段和服务器地址。",
        "Check the number of the receipt, the lot, and the address of the hall.";
    "unknown-upload" => UnknownUpload, Some(404), DataError;
        "没有找到这次上传。",
        "This upload was not found.";
        "您的密封文件仍在您自己的电脑上，没有变化。",
        "Your sealed file is still on your own machine, unchanged.";
        "请重新提交同一份密封文件；已经保存的部分会自动跳过。",
        "Submit the same sealed file again; what is stored already is skipped.";
    "unsigned-trust-list" => UnsignedTrustList, None, NoPermission;
        "信任名单没有监管机构的有效签名，因此不采用。",
        "The trust list has no valid signature of the supervising body, so it is not used.";
        "名单中的机构都没有被采信，没有写入任何内容。",
        "None of its authorities was believed, and nothing was written.";
        "请从监管机构重新取得名单和签名文件（.p7s），放在同一文件夹，并核对给出的监管机构证书。",
        "Get the list and its signature (.p7s) from the supervising body again, keep them side by side, and check which certificate of that body you gave.";
    "untrusted-certificate" => UntrustedCertificate, Some(403), NoPermission;
        "数字证书不是受信任的机构签发的，或者不在有效期内。",
        "The certificate was not issued by a trusted authority, or is not valid at this time.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请使用信任列表中的机构签发的有效证书；证书过期请先续期。",
        "Use a valid certificate of an authority on the trust list; renew it first if it has expired.";
    "usage" => Usage, None, Usage;
        "命令的写法不正确。",
        "The command line is not right.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请加 --help 查看用法。",
        "Add --help to see how it is used.";
    "wrong-context" => WrongContext, Some(422), Failed;
        "密封文件绑定的投标人、标段或序号与清单不一致。",
        "The sealed file is bound to another bidder, lot or number than its manifest says.";
        "没有接收这份文件；您已提交的其他投标不受影响。",
        "It was not accepted; other bids you have submitted are not affected.";
        "请用自己的证书为本标段重新密封，不要混用不同投标的文件。",
        "Seal again for this lot with your own certificate, and do not mix files of different bids.";
    "wrong-lot" => WrongLot, Some(422), Failed;
        "这份投标属于另一个标段，因此没有接收。",
        "This bid belongs to another lot, so it was not accepted.";
        "您的密封文件仍在您自己的电脑上，没有变化。",
        "Your sealed file is still on your own machine, unchanged.";
        "请把它提交到清单上写明的标段，或为本标段重新密封。",
        "Submit it to the lot named in its manifest, or seal again for this lot.";
    "wrong-password" => WrongPassword, None, NoPermission;
        "密码不正确，密钥文件没有打开。",
        "The password is wrong; the key file was not opened.";
        "没有写入任何内容；密码只在本机使用，没有发送给任何人。",
        "Nothing was written; the password is used on this machine only and was sent to nobody.";
        "请重新输入，注意大小写和输入法；可以再试。",
        "Type it again, with care for capitals and the input method; it may be tried again.";
    "wrong-role" => WrongRole, Some(403), NoPermission;
        "当前身份无权进行这项操作。",
        "This identity may not do this.";
        "没有写入任何内容，此前的状态不变。",
        "Nothing was written; everything is as it was before.";
        "请换用有此权限的人员的证书。",
        "Use the certificate of a person who has this right.";
    "wrong-slice" => WrongSlice, Some(422), Failed;
        "上传的这一段不是签名时的内容，因此没有保存。",
        "This piece of the upload is not what was signed, so it was not stored.";
        "已经保存的各段都在，并且都与签名一致。",
        "The pieces stored before are kept, and all of them are as signed.";
        "请从密封时生成的原文件重新发送这一段；若仍被拒绝，原文件已改动，请重新密封。",
        "Send this piece again from the original file made when sealing; if it is refused again, that file was altered: seal again.";
}
