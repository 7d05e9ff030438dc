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
    let config: Config = overlay(text.parse()?, variables)?.try_into()?;
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
