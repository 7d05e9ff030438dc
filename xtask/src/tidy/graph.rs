//! Rules about who uses whom: between our crates, and what may come in from outside.

use super::{Finding, finding, licence};
use crate::step;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Who may use whom (DESIGN.md §7). `overt` wires all, so it is not in here.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("mail", &[]),
    ("wire", &[]),
    ("verdict", &["model"]),
    ("guard", &["mail"]),
    ("store", &["model"]),
    ("track", &["model", "verdict", "store"]),
    ("send", &["model", "mail", "wire", "store"]),
    ("gate", &["model", "mail", "guard", "wire", "store"]),
    ("notify", &["model", "wire", "store"]),
    (
        "web",
        &["model", "store", "send", "gate", "notify", "guard"],
    ),
    ("xtask", &[]),
];
/// No I/O and no async: quick to build, to test and to fuzz.
const PURE: &[&str] = &["model", "mail", "verdict", "guard"];
/// One library for cryptography, and it is aws-lc-rs.
const BANNED: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls"];

/// The packages of the workspace's tree, by id, and which of ours uses which for its library, binary or build script.
struct Graph {
    names: BTreeMap<String, String>,
    licences: BTreeMap<String, Option<String>>,
    ours: BTreeSet<String>,
    uses: BTreeMap<String, Vec<String>>,
}

pub(super) fn check() -> Result<Vec<Finding>> {
    let metadata = step::output(&mut step::cargo(&["metadata", "--format-version", "1"]))?;
    let graph = Graph::read(&serde_json::from_str(&metadata)?)
        .context("cargo metadata has another shape than expected")?;
    let mut findings = graph.findings();
    let members: Vec<&str> = graph.ours.iter().map(|id| graph.name(id)).collect();
    for name in PURE.iter().filter(|name| members.contains(name)) {
        let mend = "it is pure: leave out the dependency or the feature that brings it";
        findings.extend(absent(
            &["--package", name, "--edges", "normal"],
            &["tokio"],
            mend,
        )?);
    }
    let mend = "turn off the default features of what brings it, and choose aws-lc-rs";
    findings.extend(absent(
        &["--workspace", "--edges", "normal,build"],
        BANNED,
        mend,
    )?);
    Ok(findings)
}

/// None of these may be in a tree. Asked of `cargo tree`, which leaves out what only tests switch on.
fn absent(tree: &[&str], unwanted: &[&str], mend: &str) -> Result<Vec<Finding>> {
    let mut command = step::cargo(&["tree", "--prefix", "none", "--format", "{p}"]);
    let packages = step::output(command.args(tree))?;
    let found = unwanted.iter().filter(|name| is_listed(&packages, name));
    let place = format!("cargo tree {} --invert", tree.join(" "));
    Ok(found
        .map(|name| {
            finding(
                format!("{place} {name}"),
                format!("{name} is in there"),
                mend,
            )
        })
        .collect())
}

fn is_listed(packages: &str, name: &str) -> bool {
    packages
        .lines()
        .any(|line| line.split(' ').next() == Some(name))
}

impl Graph {
    fn read(metadata: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (mut names, mut licences, mut uses) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for package in metadata["packages"].as_array()? {
            names.insert(text(&package["id"])?, text(&package["name"])?);
            licences.insert(text(&package["id"])?, text(&package["license"]));
        }
        let ours = metadata["workspace_members"]
            .as_array()?
            .iter()
            .filter_map(text)
            .collect();
        for node in metadata["resolve"]["nodes"].as_array()? {
            let mut targets = Vec::new();
            for dependency in node["deps"].as_array()? {
                let kinds = dependency["dep_kinds"].as_array()?;
                // Null is an ordinary dependency. Tests may use what they like.
                if kinds.iter().any(|kind| kind["kind"] != "dev") {
                    targets.push(text(&dependency["pkg"])?);
                }
            }
            uses.insert(text(&node["id"])?, targets);
        }
        Some(Self {
            names,
            licences,
            ours,
            uses,
        })
    }

    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for id in &self.ours {
            let name = self.name(id);
            let place = if name == "xtask" {
                "xtask/Cargo.toml".into()
            } else {
                format!("crates/{name}/Cargo.toml")
            };
            self.arrows(id, &place, &mut findings);
        }
        for (id, licence) in self
            .licences
            .iter()
            .filter(|(id, _)| !self.ours.contains(*id))
        {
            let (name, given) = (self.name(id), licence.as_deref().unwrap_or("none"));
            if !licence::is_allowed(given) {
                let mend =
                    "use another crate, or argue for this licence in xtask/src/tidy/licence.rs";
                findings.push(finding(
                    "Cargo.lock",
                    format!("{name} has the licence {given:?}"),
                    mend,
                ));
            }
        }
        findings
    }

    fn arrows(&self, id: &str, place: &str, findings: &mut Vec<Finding>) {
        let name = self.name(id);
        if name == "overt" {
            return;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            let mend = "add it to DESIGN.md §7 and to ARROWS in xtask/src/tidy/graph.rs";
            findings.push(finding(
                place,
                format!("{name} is a room that the plan does not know"),
                mend,
            ));
            return;
        };
        for used in self
            .uses
            .get(id)
            .into_iter()
            .flatten()
            .filter(|id| self.ours.contains(*id))
        {
            let other = self.name(used);
            if !allowed.contains(&other) {
                let mend = format!(
                    "{name} may use only [{}]: move the code, or pass the value in",
                    allowed.join(", ")
                );
                findings.push(finding(place, format!("{name} uses {other}"), mend));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A workspace of these edges: from, to, kind. Names with a dot are somebody else's.
    fn graph(edges: &[(&str, &str, Option<&str>)]) -> Graph {
        let names: BTreeSet<&str> = edges.iter().flat_map(|(a, b, _)| [*a, *b]).collect();
        let bare = |name: &str| name.trim_end_matches('.').to_owned();
        let packages: Vec<_> = names
            .iter()
            .map(|n| json!({"id": n, "name": bare(n), "license": if n.starts_with("agpl") { "AGPL-3.0" } else { "MIT" }}))
            .collect();
        let nodes: Vec<_> = names
            .iter()
            .map(|n| {
                let from_here = edges.iter().filter(|(a, ..)| a == n);
                let deps: Vec<_> = from_here
                    .map(|(_, b, kind)| json!({"pkg": b, "dep_kinds": [{"kind": kind}]}))
                    .collect();
                json!({"id": n, "deps": deps})
            })
            .collect();
        let ours: Vec<_> = names.iter().filter(|n| !n.ends_with('.')).collect();
        Graph::read(
            &json!({"packages": packages, "workspace_members": ours, "resolve": {"nodes": nodes}}),
        )
        .unwrap()
    }

    fn broken(edges: &[(&str, &str, Option<&str>)]) -> Vec<String> {
        graph(edges)
            .findings()
            .into_iter()
            .map(|f| f.what)
            .collect()
    }

    #[test]
    fn arrows_point_down() {
        assert_eq!(
            broken(&[("store", "model", None), ("overt", "store", None)]),
            [""; 0]
        );
        assert_eq!(broken(&[("model", "store", None)]), ["model uses store"]);
        assert_eq!(
            broken(&[("track", "send", None), ("send", "mail", None)]),
            ["track uses send"]
        );
        assert_eq!(
            broken(&[("model", "mail", Some("dev"))]),
            [""; 0],
            "tests may"
        );
        assert_eq!(
            broken(&[("cellar", "model", None)]),
            ["cellar is a room that the plan does not know"]
        );
    }

    #[test]
    fn a_name_is_found_whole() {
        let tree = "model v0.1.0 (/x/crates/model)\nring v0.17.14\nstring_cache v0.8.9 (*)\n";
        assert!(is_listed(tree, "ring") && is_listed(tree, "string_cache"));
        assert!(!is_listed(tree, "string") && !is_listed(tree, "openssl"));
    }

    #[test]
    fn licences_are_looked_at() {
        assert_eq!(
            broken(&[("wire", "agpl.", None)]),
            ["agpl has the licence \"AGPL-3.0\""]
        );
    }
}
