//! `cargo xtask serve`: the page on this machine, with all that it needs.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::artifacts::Order;
use crate::folders::Folders;
use crate::page::{Profile, trunk};
use crate::step::{cargo, command, run};
use crate::workspace::Workspace;
use crate::{artifacts, tools};

/// Where the page is served, unless told otherwise.
pub(crate) const PORT: u16 = 8080;

/// How long trunk has to end after Ctrl-C, which the terminal sends to it as well.
const GRACE: Duration = Duration::from_secs(2);

/// Pause between two looks at trunk.
const PAUSE: Duration = Duration::from_millis(100);

/// Sets up, builds artifacts, and serves the page until Ctrl-C.
pub(crate) fn serve(
    workspace: &Workspace,
    folders: &Folders,
    order: &Order,
    port: u16,
    profile: Profile,
) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // Better known now than after minutes of building.
    ensure_free(address)?;
    let tools = tools::set_up(workspace)?;
    artifacts::build(workspace, folders, order)?;

    println!("Page (the first build takes minutes)");
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed))
        .context("cannot listen for Ctrl-C")?;
    let mut trunk = trunk(workspace, &tools, folders, "serve", profile)?;
    trunk.args(["--address", "127.0.0.1", "--port", &port.to_string()]);
    let server = trunk.spawn().context("cannot start trunk")?;
    watch(server, address, &stop)
}

/// Starts `cargo xtask serve` as people do, waits until the page answers, and ends it by Ctrl-C.
///
/// # Errors
/// Where it ends by itself, does not answer with a page that says `wanted`, or does not end when asked.
pub(crate) fn check(workspace: &Workspace, config: &str, out: &str, wanted: &str) -> Result<()> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    let address = free.local_addr()?;
    drop(free);
    // By cargo, which becomes what it runs: tests may have built this very program anew meanwhile.
    let mut serve = cargo(workspace);
    serve.args(["xtask", "serve", "--config", config, "--out", out]);
    let mut server = serve
        .args(["--port", &address.port().to_string()])
        .spawn()
        .context("cannot start `cargo xtask serve`")?;
    let answered = first_answer(&mut server, address);
    let id = server.id().to_string();
    let asked = run(command(workspace, "kill").args(["-INT", &id]));
    let page = answered?;
    asked?;
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(status) = server.try_wait()? {
            ensure!(status.success(), "`cargo xtask serve` ended with {status}");
            break;
        }
        if Instant::now() > patience {
            server.kill()?;
            bail!("`cargo xtask serve` goes on after Ctrl-C");
        }
        sleep(PAUSE);
    }
    ensure!(
        page.contains(wanted),
        "the page served does not say {wanted:?}: {page}"
    );
    Ok(())
}

/// What the server says to the first request that it takes.
fn first_answer(server: &mut Child, address: SocketAddr) -> Result<String> {
    loop {
        if let Some(status) = server.try_wait()? {
            bail!("`cargo xtask serve` ended with {status} before it answered");
        }
        if let Ok(mut connection) = TcpStream::connect_timeout(&address, PAUSE) {
            connection.set_read_timeout(Some(Duration::from_secs(30)))?;
            write!(
                connection,
                "GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
            )?;
            let mut page = String::new();
            connection
                .read_to_string(&mut page)
                .context("the page breaks off")?;
            return Ok(page);
        }
        sleep(PAUSE);
    }
}

fn ensure_free(address: SocketAddr) -> Result<()> {
    let port = address.port();
    TcpListener::bind(address).map(drop).with_context(|| {
        format!(
            "cannot listen on {address}: end what does, or choose another port with --port {}",
            port.wrapping_add(1)
        )
    })
}

/// Says when the server answers, and ends it when asked to.
fn watch(mut server: Child, address: SocketAddr, stop: &AtomicBool) -> Result<()> {
    let mut announced = false;
    let mut asked_at: Option<Instant> = None;
    loop {
        if let Some(status) = server.try_wait().context("cannot watch trunk")? {
            if !status.success() && !stop.load(Ordering::Relaxed) {
                bail!("trunk ended ({status}); its last lines say why");
            }
            println!("The server has ended.");
            return Ok(());
        }
        if stop.load(Ordering::Relaxed) {
            if asked_at.get_or_insert_with(Instant::now).elapsed() > GRACE {
                server.kill().context("cannot end trunk")?;
            }
        } else if !announced && TcpStream::connect_timeout(&address, PAUSE).is_ok() {
            println!("\n  Offprint is at http://{address}/ (Ctrl-C ends it)\n");
            announced = true;
        }
        sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_noticed_before_any_work() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("some port is free");
        let address = taken.local_addr().expect("it is bound");
        let error = ensure_free(address).expect_err("a taken port passed for a free one");
        assert!(
            error.to_string().contains("--port"),
            "{error} names no way out"
        );
        drop(taken);
        ensure_free(address).expect("a port is free once its owner has gone");
    }
}
