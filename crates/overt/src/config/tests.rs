use super::*;

const MINIMAL: &str = r#"
    hostname = "mail.example.org"
    [admin]
    listen = "127.0.0.1:8080"
    origin = "https://overt.example.org"
    [tracker]
    listen = "127.0.0.1:8081"
    origin = "https://t.example.org"
    [relay]
    host = "smtp.example.org"
"#;

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config> {
    let variables = variables
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let config: Config = overlay(text.parse()?, variables)?
        .try_into()
        .map_err(|error: toml::de::Error| anyhow!("{}", without_value(&error.to_string())))?;
    config.check()?;
    Ok(config)
}

#[test]
fn a_short_file_is_enough() {
    let config = load(MINIMAL, &[]).unwrap();
    assert_eq!(config.relay.port, 587);
    assert_eq!(config.relay.security, Security::Starttls);
}

#[test]
fn the_environment_lies_over_the_file() {
    let config = load(
        MINIMAL,
        &[
            ("OVERT_RELAY__PORT", "2525"),
            ("OVERT_DATABASE", "postgres://h/d"),
            ("HOME", "/x"),
        ],
    );
    let config = config.unwrap();
    assert_eq!(
        (config.relay.port, config.database.as_str()),
        (2525, "postgres://h/d")
    );
}

#[test]
fn a_password_may_look_like_anything() {
    for password in ["12345678", "007", "1e5", "true", "[1]", "\"quoted\""] {
        let set = [
            ("OVERT_RELAY__USER", "u"),
            ("OVERT_RELAY__PASSWORD", password),
        ];
        let config = load(MINIMAL, &set).unwrap();
        assert_eq!(config.relay.password.as_deref(), Some(password));
    }
}

/// A password may be written without quotes, in the wrong place, or for something else: no error quotes it.
#[test]
fn r_sec_22_no_error_quotes_what_is_set() {
    const SENTINEL: &str = "48151623";
    let quoted = format!("\"{SENTINEL}\"");
    let values = [
        SENTINEL.to_owned(),
        format!("-{SENTINEL}.5"),
        format!("[{SENTINEL}]"),
        format!("[{quoted}, true]"),
        format!("{{ x = {quoted} }}"),
        format!("\"{SENTINEL}, expected {SENTINEL} or `{SENTINEL}`\""),
        quoted,
    ];
    let keys = [
        "database",
        "hostname",
        "data",
        "relay",
        "admin",
        "dkim",
        "retention",
        "profiles",
        "relay.password",
        "relay.user",
        "relay.port",
        "relay.host",
        "relay.security",
        "relay.connections",
        "admin.origin",
        "tracker.listen",
        "submit.message_bytes_max",
        "mail_hosts.name_server",
        "metrics.open",
        "clock_offset_seconds",
    ];
    let mut refused = 0;
    for (key, value) in keys
        .iter()
        .flat_map(|key| values.iter().map(move |v| (*key, v)))
    {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE);
        // Written over, so that each key stands once.
        let mut table: toml::Table = MINIMAL.parse().unwrap();
        let set: toml::Table = format!("v = {value}").parse().unwrap();
        let (section, name) = key.split_once('.').unwrap_or(("", key));
        let place = match section {
            "" => &mut table,
            section => table
                .entry(section)
                .or_insert_with(|| toml::Value::Table(toml::Table::new()))
                .as_table_mut()
                .unwrap(),
        };
        place.insert(name.to_owned(), set["v"].clone());
        std::fs::write(&file, table.to_string()).unwrap();
        if let Err(error) = Config::read(Some(&file), []) {
            refused += 1;
            let said = format!("{error:#} {error:?}");
            assert!(!said.contains(SENTINEL), "{key} = {value}: {said}");
            let last = key.rsplit('.').next().unwrap();
            assert!(said.contains(last), "{key} = {value}: {said}");
        }
    }
    assert!(refused > keys.len() * 3, "{refused}");
    for broken in [
        format!("{MINIMAL}\npassword = {SENTINEL}x"),
        format!("{MINIMAL}\npassword = \"{SENTINEL}"),
        format!("{MINIMAL}\npassword {SENTINEL}"),
        format!("{MINIMAL}\npassword = {SENTINEL}\npassword = {SENTINEL}"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE);
        std::fs::write(&file, broken).unwrap();
        let error = Config::read(Some(&file), []).unwrap_err();
        let said = format!("{error:#} {error:?}");
        assert!(!said.contains(SENTINEL), "{said}");
    }
}

#[test]
fn unknown_keys_are_errors_wherever_they_stand() {
    assert!(load(&format!("{MINIMAL}\nhots = 1"), &[]).is_err());
    assert!(
        load(MINIMAL, &[("OVERT_RELAY__HOTS", "x")])
            .unwrap_err()
            .to_string()
            .contains("hots")
    );
}

#[test]
fn a_list_of_networks_is_one_file_or_several() {
    let text = format!("{MINIMAL}\n[networks]\nasn = [\"v4.csv\", \"v6.csv\"]\napple = \"a.csv\"");
    let networks = load(&text, &[]).unwrap().networks;
    let files: Vec<_> = networks.files().map(|(_, file)| file.as_path()).collect();
    assert_eq!(files, ["v4.csv", "v6.csv", "a.csv"].map(Path::new));
    assert!(
        load(MINIMAL, &[])
            .unwrap()
            .networks
            .files()
            .next()
            .is_none()
    );
    assert!(load(&format!("{MINIMAL}\n[networks]\nasn = 1"), &[]).is_err());
}

#[test]
fn r_ropa_05_processors_are_named_in_the_file() {
    let post =
        "\n[[processors]]\nname = \"Post AG\"\npurpose = \"delivers mail\"\ncountry = \"ch\"";
    let config = load(
        &format!("{MINIMAL}{post}\n[retention]\nhits_days = 30"),
        &[],
    )
    .unwrap();
    let disclosure = config.disclosure().unwrap();
    assert_eq!(disclosure.hits_days(), 30);
    assert_eq!(
        disclosure.processors[0].sentence(),
        "Post AG (CH): delivers mail"
    );
    let wrong = load(
        &format!("{MINIMAL}{}", post.replace("\"ch\"", "\"Swiss\"")),
        &[],
    );
    assert!(
        wrong
            .unwrap_err()
            .to_string()
            .contains("[[processors]] country")
    );
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    let text = MINIMAL
        .replace("https://t.example.org", "https://overt.example.org")
        .replace("[relay]", "[relay]\nuser = \"u\"");
    let error = load(&text, &[]).unwrap_err().to_string();
    assert!(
        error.contains("origins of their own") && error.contains("user and password"),
        "{error}"
    );
}
