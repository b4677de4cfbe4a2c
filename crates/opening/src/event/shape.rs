//! Limits on the texts and numbers of an event, whoever wrote it.

use super::Event;
use crate::chat::is_message;
use crate::{limits, text};

type Shape = Result<(), &'static str>;

impl Event {
    /// Checks every text and number that a type does not check; the error is the field's name.
    #[allow(clippy::too_many_lines)] // one arm for each kind of entry
    pub(crate) fn shape(&self) -> Shape {
        match self {
            Self::LotPublished(lot) => {
                for party in [&lot.host, &lot.supervisor, &lot.tenderee] {
                    name(&party.name, "party")?;
                }
                let titles = [&lot.title.zh, &lot.title.en, &lot.lot_title.zh, &lot.lot_title.en];
                let fits = |words: &String| text::line(words, limits::TITLE_CHARS);
                need(titles.into_iter().all(fits), "title")?;
                need(lot.source.as_ref().is_none_or(fits), "source")
            }
            Self::EstimateSealed(data) => {
                let fits = text::base64(&data.object_b64, limits::ESTIMATE_BYTES.div_ceil(3) * 4);
                let len = data.object().map_or(usize::MAX, |object| object.len());
                need(fits && len <= limits::ESTIMATE_BYTES, "object_b64")
            }
            Self::PostponementAsked(data) => {
                need(text::paragraph(&data.reason, limits::OBJECTION_CHARS), "reason")
            }
            Self::RecordCorrected(data) => {
                need(text::paragraph(&data.reason, limits::OBJECTION_CHARS), "reason")
            }
            Self::FaultDecided(data) => objection(&data.text),
            Self::OpeningPaused(data) => objection(&data.text),
            Self::MeasureAsked(data) => objection(&data.text),
            Self::IntakeClosed(data) => {
                need(data.size <= limits::SAFE_INTEGER, "size")?;
                let fits = |line: &String| text::line(line, limits::COSIGNATURE_CHARS);
                need(data.cosignatures.iter().all(fits), "cosignatures")
            }
            Self::SetFrozen(data) => {
                need(data.size <= limits::SAFE_INTEGER, "size")?;
                need(data.bids.len() <= limits::BIDDERS_MAX, "bids")?;
                for bid in &data.bids {
                    name(&bid.bidder.name, "bidder")?;
                    let fits = bid.objects.iter().all(|o| o.file_len <= limits::SAFE_INTEGER);
                    need(fits, "file_len")?;
                }
                Ok(())
            }
            Self::OutageAttested(data) => cms(&data.cms),
            Self::FreezeSigned(data) => cms(&data.cms),
            Self::JournalSigned(data) => {
                need((1..=limits::JOURNAL_BYTES).contains(&data.length), "length")?;
                cms(&data.cms)
            }
            Self::KeyDestroyed(data) => cms(&data.cms),
            Self::SignedIn(data) => {
                name(&data.bidder.name, "bidder")?;
                data.agent.as_ref().map_or(Ok(()), |agent| name(&agent.name, "agent"))
            }
            Self::EmergencySignedIn(data) => {
                name(&data.bidder.name, "bidder")?;
                need(text::line(&data.reason, limits::REASON_CHARS), "reason")
            }
            Self::BidderChecked(data) => {
                let fits = |reason: &String| text::line(reason, limits::REASON_CHARS);
                need(data.reason.as_ref().is_none_or(fits), "reason")
            }
            Self::SealsChecked(data) => {
                data.results.iter().try_for_each(|result| label(result.label.as_ref()))
            }
            Self::BidderUnsealed(data) => {
                let hex = |one: &super::UnlockedPart| text::hex(one.secret.expose(), 64);
                need(data.secrets.iter().all(hex), "secrets")
            }
            Self::BidderWindowExtended(data) => objection(&data.text),
            Self::BidderWindowReopened(data) => objection(&data.text),
            Self::PartialsReceived(data) => {
                let hex = |partial: &super::Partial| {
                    text::hex(&partial.d, 66)
                        && text::hex(&partial.c, 64)
                        && text::hex(&partial.z, 64)
                };
                need(data.partials.as_ref().is_none_or(|list| list.iter().all(hex)), "partials")?;
                need(data.escrow.iter().all(hex), "escrow")
            }
            Self::CustodianRefused(data) => {
                label(Some(&data.label))?;
                need(text::line(&data.detail, limits::DETAIL_CHARS), "detail")
            }
            Self::PricesPublished(data) => {
                let estimate = data.estimate.as_ref().and_then(|estimate| estimate.label.as_ref());
                label(estimate)?;
                data.bids.iter().try_for_each(|bid| label(bid.label.as_ref()))
            }
            Self::DocumentsOpened(data) => data.bids.iter().try_for_each(|bid| {
                need(bid.plain_len.is_none_or(|n| n <= limits::SAFE_INTEGER), "plain_len")?;
                label(bid.label.as_ref())
            }),
            Self::PriceRead(data) => {
                need(data.total.is_some() == data.capital.is_some(), "capital")?;
                need(data.duration_ms.get() <= limits::READ_MAX, "duration_ms")
            }
            Self::DrawPartial(data) => {
                let hex = text::hex(&data.d, 66) && text::hex(&data.c, 64);
                need(hex && text::hex(&data.z, 64), "partial")
            }
            Self::DrawMade(data) => {
                need(text::line(&data.value, limits::DRAW_VALUE_CHARS), "value")
            }
            Self::ChatSaid(data) => need(is_message(&data.text), "text"),
            Self::ChatMuted(data) => reason(&data.reason),
            Self::ChatUnmuted(data) => reason(&data.reason),
            Self::ChatRemoved(data) => reason(&data.reason),
            Self::ChatReadmitted(data) => reason(&data.reason),
            Self::ObjectionRaised(data) => objection(&data.text),
            Self::ObjectionAnswered(data) => objection(&data.text),
            Self::RecordSigned(data) => cms(&data.cms),
            Self::Refused(data) => {
                label(Some(&data.command))?;
                label(Some(&data.label))?;
                need(text::line(&data.zh, limits::DETAIL_CHARS), "zh")?;
                need(text::line(&data.en, limits::DETAIL_CHARS), "en")?;
                let fits = |article: &String| text::line(article, limits::TITLE_CHARS);
                need(data.article.as_ref().is_none_or(fits), "article")
            }
            Self::PassedListed(data) => {
                let fits = |reason: &String| text::paragraph(reason, limits::OBJECTION_CHARS);
                need(data.reason.as_ref().is_none_or(fits), "reason")?;
                let fits = |one: &super::NotPassed| text::line(&one.reason, limits::REASON_CHARS);
                need(data.failed.iter().all(fits), "failed")
            }
            Self::ResultAnnounced(data) => data.told_shape(),
            Self::ResultAnswered(data) => data.objection.as_deref().map_or(Ok(()), objection),
            Self::ChatPrivate(_)
            | Self::RoundApproved(_)
            | Self::EnvelopeClosed(_)
            | Self::PassedApproved(_)
            | Self::OpeningReconvened(_)
            | Self::DeadlinePostponed(_)
            | Self::OutagePostponed(_)
            | Self::TimeConfirmationAsked(_)
            | Self::TimeConfirmed(_)
            | Self::Tick(_)
            | Self::FreezeDegraded(_)
            | Self::DegradedApproved(_)
            | Self::FreezeCompleted(_)
            | Self::TooFewBidders(_)
            | Self::BiddersPublished(_)
            | Self::CeilingAnnounced(_)
            | Self::BidderWindowOpened(_)
            | Self::BidderWindowClosed(_)
            | Self::UnsealingStarted(_)
            | Self::OpeningResumed(_)
            | Self::MeasureTaken(_)
            | Self::ObjectionsExtended(_)
            | Self::ReadingFinished(_)
            | Self::DrawStarted(_)
            | Self::DrawFailed(_)
            | Self::PriceConfirmed(_)
            | Self::RecordGenerated(_)
            | Self::OpeningClosed(_) => Ok(()),
        }
    }
}

fn need(holds: bool, field: &'static str) -> Shape {
    if holds { Ok(()) } else { Err(field) }
}

fn name(words: &str, field: &'static str) -> Shape {
    need(text::line(words, limits::NAME_CHARS), field)
}

fn label(words: Option<&String>) -> Shape {
    need(words.is_none_or(|words| text::label(words)), "label")
}

fn cms(words: &str) -> Shape {
    need(text::base64(words, limits::CMS_CHARS), "cms")
}

fn reason(words: &str) -> Shape {
    need(text::line(words, limits::REASON_CHARS), "reason")
}

fn objection(words: &str) -> Shape {
    need(text::paragraph(words, limits::OBJECTION_CHARS), "text")
}
