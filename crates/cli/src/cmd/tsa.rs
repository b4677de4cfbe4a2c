//! `kaibiao tsa`.

use std::net::SocketAddr;

use kaibiao_wire::Exit;

use crate::args::TsaArgs;
use crate::failure::Failure;
use crate::identity;
use crate::output::{Facts, Ui};
use crate::serials::Serials;
use crate::{process, tsa_server};

pub(super) async fn run(args: TsaArgs, ui: Ui) -> Result<Exit, Failure> {
    process::log_to_stderr(args.log.log_format);
    let identity = identity::load_identity(&args.signer)?;
    let serials = Serials::open(&args.data)?;
    ui.note(
        "这是开发用的时间戳机构：时间取自本机时钟，策略 2.999.26.1 不作任何保证，不得用于正式用途。",
        "this time-stamping authority is for development: its time is the clock of this machine and its \
         policy 2.999.26.1 promises nothing; never use it for real",
    );
    let on_ready = move |address: SocketAddr| {
        let mut facts = Facts::default();
        facts.add("listening", format!("http://{address}/")).add("policy", tsa_server::POLICY);
        ui.facts(&facts);
    };
    let stopped = process::stopped(args.while_stdin);
    tsa_server::serve(identity, serials, args.listen, on_ready, stopped).await?;
    Ok(Exit::Ok)
}
