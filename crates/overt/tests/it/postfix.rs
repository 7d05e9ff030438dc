//! The real Postfix on both sides: as a company's mail server that sends through Overt, and as Overt's relay.

use crate::support::database::Database;
use crate::support::overt::{OWNER, Overt};
use crate::support::process::{Process, run, said};
use crate::support::reader::Reader;
use crate::support::sink::Sink;
use crate::support::{free_port, tool, until};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;
use tokio::net::TcpStream;

const ANN: &str = "ann@reader.example";

/// swaks → Postfix → Overt → Postfix → sink, with SASL on the way in; and the report about what Postfix refuses.
#[tokio::test(flavor = "multi_thread")]
async fn postfix_sends_through_overt_and_delivers_for_it() {
    for database in Database::each() {
        let sink = Sink::start().await;
        let ports = Ports {
            relay: free_port(),
            smarthost: free_port(),
        };
        let overt = Overt::with(&database, ports.relay, &[]).await;
        let postfix = Postfix::start(&ports, &sink, &overt).await;
        overt.agreed(&sink, ANN).await;

        let mut swaks = tool("swaks", "swaks");
        swaks.args([
            "--server",
            &format!("127.0.0.1:{}", ports.smarthost),
            "--from",
            OWNER,
            "--helo",
            "client.example",
        ]);
        swaks.args([
            "--to",
            &format!("{ANN},ben@reader.example,refused@reader.example"),
        ]);
        swaks.args([
            "--header",
            &format!("From: {OWNER}"),
            "--header",
            "Subject: Through Postfix",
        ]);
        swaks.args([
            "--header",
            "Content-Type: text/html",
            "--body",
            "<p>Hello <a href=\"https://example.com/\">there</a></p>",
        ]);
        let output = run(&mut swaks, b"");
        assert!(output.status.success(), "{}", said(&output));

        let ann = sink.mail(ANN, "Through Postfix").await;
        assert!(ann.is_tracked(), "{}", ann.source());
        let ben = sink.mail("ben@reader.example", "Through Postfix").await;
        assert!(!ben.is_tracked(), "{}", ben.source());
        assert!(ben.body().contains("href=\"https://example.com/\""));
        Reader::default().open(&ann.pixel()).await;
        overt
            .copy("Through Postfix", ANN, |copy| copy["tick"] == "read")
            .await;

        let refused = overt
            .copy("Through Postfix", "refused@reader.example", |copy| {
                copy["state"] == "bounced"
            })
            .await;
        assert_eq!(refused["tick"], "untracked");
        let report = sink.mail(OWNER, "Not delivered").await;
        let status = report.delivery_status();
        assert!(
            status.contains("Action: failed") && status.contains("Status: 5.1.1"),
            "{status}"
        );
        // Postfix hands on the recipient as it was first written.
        assert!(
            status.contains("Original-Recipient: rfc822;refused@reader.example"),
            "{status}"
        );
        drop(postfix);
    }
}

struct Ports {
    /// Overt's relay.
    relay: u16,
    /// For mail that Postfix sends through Overt.
    smarthost: u16,
}

/// A Postfix of its own: configuration, queue and log in a temporary folder.
struct Postfix {
    folder: TempDir,
    process: Process,
}

impl Postfix {
    async fn start(ports: &Ports, sink: &Sink, overt: &Overt) -> Self {
        assert!(
            rustix::process::getuid().is_root(),
            "only root can start Postfix: run this test as root"
        );
        let modules = [
            "/usr/lib/x86_64-linux-gnu/sasl2",
            "/usr/lib/aarch64-linux-gnu/sasl2",
            "/usr/lib/sasl2",
        ];
        let plain = modules
            .iter()
            .any(|dir| std::path::Path::new(dir).join("libplain.so").exists());
        assert!(
            plain,
            "Postfix cannot say AUTH PLAIN: apt-get install libsasl2-modules"
        );

        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["conf", "queue", "data"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        let owned = tool("chown", "coreutils")
            .arg("postfix")
            .arg(at("data"))
            .status()
            .unwrap();
        assert!(owned.success());
        let (home, overt_port) = (folder.path().display(), overt.smtp.port());
        std::fs::write(
            at("sasl"),
            format!("[127.0.0.1]:{overt_port} {OWNER}:{}\n", overt.app_password),
        )
        .unwrap();
        std::fs::write(
            at("refused"),
            "refused@reader.example 550 5.1.1 nobody of that name\n",
        )
        .unwrap();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {home}/queue\ndata_directory = {home}/data\n\
             maillog_file = {home}/log\nmaillog_file_prefixes = {home}\nmyhostname = postfix.example\n\
             inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 127.0.0.0/8\nmydestination =\n\
             local_recipient_maps =\nalias_maps =\nalias_database =\ndisable_dns_lookups = yes\n\
             relayhost = [127.0.0.1]:{sink}\nsmtp_tls_security_level = none\nsmtpd_tls_security_level = none\n\
             smtpd_relay_restrictions = permit_mynetworks, reject\nsmtp_sasl_security_options = noanonymous\n\
             smtp_sasl_password_maps = texthash:{home}/sasl\nqueue_run_delay = 5s\nminimal_backoff_time = 5s\n",
            sink = sink.port
        );
        std::fs::write(at("conf/main.cf"), main).unwrap();
        let service =
            |name: &str, kind: &str, private: &str, wakeup: &str, limit: &str, command: &str| {
                format!("{name} {kind} {private} - n {wakeup} {limit} {command}\n")
            };
        let mut master = service(
            &format!("127.0.0.1:{}", ports.relay),
            "inet",
            "n",
            "-",
            "-",
            "smtpd",
        );
        master += &format!(
            "  -o smtpd_recipient_restrictions=check_recipient_access,texthash:{home}/refused,permit_mynetworks,reject\n"
        );
        master += &service(
            &format!("127.0.0.1:{}", ports.smarthost),
            "inet",
            "n",
            "-",
            "-",
            "smtpd",
        );
        master += &format!("  -o content_filter=overt:[127.0.0.1]:{overt_port}\n");
        master += &service("overt", "unix", "-", "-", "-", "smtp");
        master += "  -o smtp_sasl_auth_enable=yes\n";
        master += &service("qmgr", "unix", "n", "300", "1", "qmgr");
        master += &service("postlog", "unix-dgram", "n", "-", "1", "postlogd");
        for (name, limit, command) in [
            ("cleanup", "0", "cleanup"),
            ("rewrite", "-", "trivial-rewrite"),
            ("bounce", "0", "bounce"),
            ("defer", "0", "bounce"),
            ("trace", "0", "bounce"),
            ("proxymap", "-", "proxymap"),
            ("smtp", "-", "smtp"),
            ("error", "-", "error"),
            ("retry", "-", "error"),
            ("anvil", "1", "anvil"),
            ("scache", "1", "scache"),
        ] {
            let private = if name == "cleanup" { "n" } else { "-" };
            master += &service(name, "unix", private, "-", limit, command);
        }
        std::fs::write(at("conf/master.cf"), master).unwrap();
        let mut command = tool("postfix", "postfix");
        command.arg("-c").arg(at("conf")).arg("start-fg");
        let postfix = Self {
            process: Process::start(command),
            folder,
        };
        for port in [ports.relay, ports.smarthost] {
            until("Postfix listens", async || {
                TcpStream::connect(("127.0.0.1", port)).await.ok()
            })
            .await;
        }
        postfix
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("--- Postfix ---\n{log}");
        }
        let conf = self.folder.path().join("conf");
        let _ = tool("postfix", "postfix")
            .arg("-c")
            .arg(conf)
            .arg("stop")
            .output();
        self.process.ended();
    }
}
