//! A screen nobody looks at, and programs on it that end with the test.

use crate::support::{free_port, until};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A virtual screen.
pub(crate) struct Screen {
    name: String,
    server: Child,
}

impl Screen {
    pub(crate) async fn on() -> Self {
        // A number nobody has: as free as the port.
        let number = free_port();
        let name = format!(":{number}");
        let mut server = Command::new("Xvfb");
        server
            .arg(&name)
            .args(["-screen", "0", "1280x900x24", "-nolisten", "tcp"]);
        let server = quiet(server).spawn().expect("Xvfb");
        let socket = format!("/tmp/.X11-unix/X{number}");
        until("the screen is on", async || {
            Path::new(&socket).exists().then_some(())
        })
        .await;
        Self { name, server }
    }

    /// A program on the screen, with a home of its own and a session bus.
    pub(crate) fn program(&self, program: &str, home: &Path) -> Command {
        let mut command = Command::new("dbus-run-session");
        command.args(["--", program]);
        command.env("DISPLAY", &self.name).env("HOME", home);
        command
    }

    /// The window of this class, once it is to be seen.
    pub(crate) async fn window(&self, class: &str) -> String {
        let search = || {
            let mut search = Command::new("xdotool");
            search.args(["search", "--onlyvisible", "--class", class]);
            search.env("DISPLAY", &self.name).output().unwrap()
        };
        until("a window", async || {
            let found = String::from_utf8(search().stdout).unwrap();
            found.lines().last().map(str::to_owned)
        })
        .await
    }

    /// Presses keys in the window of this class.
    pub(crate) async fn press(&self, class: &str, keys: &[&str]) {
        let window = self.window(class).await;
        let mut press = Command::new("xdotool");
        press
            .args(["windowfocus", "--sync", &window, "key"])
            .args(keys);
        assert!(press.env("DISPLAY", &self.name).status().unwrap().success());
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A running program. It and what it started end with it.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: Command) -> Self {
        use std::os::unix::process::CommandExt;
        let mut command = quiet(command);
        command.process_group(0);
        Self(command.spawn().expect("a program that starts"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.0.wait();
    }
}

fn quiet(mut command: Command) -> Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}
