//! Stands in for BankID while somebody tries logins by hand.
//!
//! `cargo run -p skolhus-tests --bin bankid-simulator -- FOLDER [NUMBER]` writes the certificates that a server needs into
//! the folder, prints the settings for it, and lets everybody in as the holder of the personal number: an official
//! test number, unless another is given.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use skolhus_tests::bankid::{Shown, Simulator, Step};

/// An official test number of the Swedish Tax Agency.
const NUMBER: &str = "198507132390";

#[tokio::main]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(folder) = words.next() else {
        eprintln!("usage: bankid-simulator FOLDER [NUMBER]");
        return ExitCode::from(2);
    };
    let number = words.next().unwrap_or_else(|| NUMBER.to_owned());
    let simulator = Simulator::start_on(SocketAddr::from(([127, 0, 0, 1], 0))).await;
    simulator.every_order(&[
        Step::Pending("outstandingTransaction"),
        Step::Pending("outstandingTransaction"),
        Step::Pending("userSign"),
        Shown::number(&number),
    ]);
    let papers = match write(&simulator, Path::new(&folder)) {
        Ok(papers) => papers,
        Err(error) => {
            eprintln!("bankid-simulator: {folder}: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("SKOLHUS_BANKID_ADDRESS={}", simulator.address);
    for (setting, file) in
        [("CERTIFICATE", "certificate.pem"), ("KEY", "key.pem"), ("AUTHORITY", "authority.pem")]
    {
        println!("SKOLHUS_BANKID_{setting}={}", papers.join(file).display());
    }
    // Until it is stopped.
    std::future::pending::<()>().await;
    ExitCode::SUCCESS
}

/// Writes the certificates; returns where, so that a server anywhere finds them.
fn write(simulator: &Simulator, folder: &Path) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("certificate.pem"), &simulator.papers.certificate)?;
    std::fs::write(folder.join("key.pem"), &simulator.papers.key)?;
    std::fs::write(folder.join("authority.pem"), &simulator.authority)?;
    folder.canonicalize()
}
