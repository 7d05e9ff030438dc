//! Every case and its copy, compared by parsers of other make: Python's `email` and html5lib (`../differential.py`).

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mail::{Edits, plan};

use crate::cases::case_files;
use crate::promises::{added, everything};

/// In place of every web address.
const OTHER: &str = "https://r.example/'?a=b&c=--";

#[test]
fn python_sees_the_same_mails() {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = temporary.join("differential");
    // What an earlier run left may belong to a case that is gone.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for file in case_files() {
        let raw = std::fs::read(&file).unwrap();
        let Ok(plan) = plan(&raw) else { continue };
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let headers = added();
        let copy = plan.render(&everything(&plan, &headers)).unwrap();
        let replace = |address: &str| (address != OTHER).then(|| OTHER.to_owned());
        let replaced = plan.render_replacing(&replace, &Edits::default());
        let file = |kind: &str| folder.join(format!("{name}{kind}.eml"));
        std::fs::write(file(".replaced"), replaced.unwrap_or_else(|_| raw.clone())).unwrap();
        std::fs::write(file(""), &raw).unwrap();
        std::fs::write(file(".copy"), copy).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential.py");
    let output = run(Command::new(python(temporary)).arg(script).arg(folder));
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A Python with html5lib: the one at hand, else one in an environment of its own.
fn python(temporary: &Path) -> PathBuf {
    let has_html5lib = |python: &Path| {
        let output = Command::new(python)
            .args(["-c", "import html5lib"])
            .output();
        output.is_ok_and(|output| output.status.success())
    };
    let environment = temporary.join("python");
    let own = environment.join("bin/python3");
    for python in ["/usr/bin/python3".into(), "python3".into(), own.clone()] {
        if has_html5lib(&python) {
            return python;
        }
    }
    let made = run(Command::new("python3")
        .args(["-m", "venv"])
        .arg(&environment));
    let installed = Command::new(&own)
        .args(["-m", "pip", "install", "--quiet", "html5lib==1.1"])
        .output();
    assert!(
        has_html5lib(&own),
        "this test needs Python 3 with html5lib; install it with: apt-get install python3-html5lib\n{made:?}\n{installed:?}"
    );
    own
}

fn run(command: &mut Command) -> Output {
    let output = command.output();
    assert!(
        output.is_ok(),
        "this test needs python3; install it with: apt-get install python3 python3-venv python3-html5lib"
    );
    output.unwrap()
}
