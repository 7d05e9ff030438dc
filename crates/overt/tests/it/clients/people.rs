//! Programs that people read mail with.

use crate::Sent;
use crate::screen::{Running, Screen};
use crate::support::until;

#[tokio::test(flavor = "multi_thread")]
async fn thunderbird_shows_a_mail() {
    let (sent, screen) = (Sent::new().await, Screen::on().await);
    let profile = sent.folder.path().join("profile");
    std::fs::create_dir(&profile).unwrap();
    // Pictures are shown as after "show remote content"; nothing else of it calls out.
    let settings = [
        ("mailnews.message_display.disable_remote_image", "false"),
        ("mail.provider.suppress_dialog_on_startup", "true"),
        ("mail.accounthub.enabled", "false"),
        ("mailnews.start_page.enabled", "false"),
        ("app.update.enabled", "false"),
        ("datareporting.policy.dataSubmissionEnabled", "false"),
        ("network.captive-portal-service.enabled", "false"),
        ("network.connectivity-service.enabled", "false"),
    ];
    let lines = settings.map(|(name, value)| format!("user_pref(\"{name}\", {value});\n"));
    std::fs::write(profile.join("user.js"), lines.concat()).unwrap();
    let mut thunderbird = screen.program("thunderbird", sent.folder.path());
    thunderbird
        .arg("--no-remote")
        .arg("--profile")
        .arg(&profile);
    thunderbird.arg(format!("file://{}", sent.mail().display()));
    let _running = Running::start(thunderbird);
    assert_eq!(sent.judged("open").await, "thunderbird human");
}

#[tokio::test(flavor = "multi_thread")]
async fn claws_mail_shows_a_mail_with_its_html_viewer() {
    let (sent, screen) = (Sent::new().await, Screen::on().await);
    let home = sent.folder.path();
    let (settings, inbox) = (home.join("settings"), home.join("Mail/inbox"));
    for folder in [&settings, &inbox] {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::copy(sent.mail(), inbox.join("1")).unwrap();
    let account = "[Account: 1]\naccount_name=ann\nis_default=1\nname=Ann\naddress=ann@reader.example\n\
        protocol=5\nreceive_server=localhost\nsmtp_server=localhost\n";
    std::fs::write(settings.join("accountrc"), account).unwrap();
    let folders = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><folderlist><folder type=\"mh\" name=\"Mail\" path=\"Mail\">\
        <folderitem type=\"inbox\" name=\"inbox\" path=\"inbox\"/></folder></folderlist>";
    std::fs::write(settings.join("folderlist.xml"), folders).unwrap();
    let common = "[Common]\nrender_html=1\npromote_html_part=1\ninvoke_plugin_on_html=1\n\
        always_show_message_when_selected=1\n[fancy]\nenable_images=1\nenable_remote_content=1\n\
        [Plugins_GTK3]\n/usr/lib/x86_64-linux-gnu/claws-mail/plugins/fancy.so\n";
    std::fs::write(settings.join("clawsrc"), common).unwrap();
    let mut claws = screen.program("claws-mail", home);
    claws.arg("--alternate-config-dir").arg(&settings);
    claws.args(["--select", "#mh/Mail/inbox/1"]);
    let _running = Running::start(claws);
    assert_eq!(sent.judged("open").await, "claws human");
}

#[tokio::test(flavor = "multi_thread")]
async fn webmail_in_chromium_shows_a_mail_and_a_link_is_pressed() {
    let (sent, screen) = (Sent::new().await, Screen::on().await);
    let source = std::fs::read_to_string(sent.mail()).unwrap();
    let message = mail_parser::MessageParser::default()
        .parse(source.as_bytes())
        .unwrap();
    let page = sent.folder.path().join("webmail.html");
    std::fs::write(&page, message.body_html(0).unwrap().as_bytes()).unwrap();
    let mut chromium = screen.program("chromium", sent.folder.path());
    chromium.args([
        "--no-sandbox",
        "--no-first-run",
        "--disable-background-networking",
    ]);
    // Else it asks for the password of a keyring, where there is one.
    chromium.args(["--disable-component-update", "--password-store=basic"]);
    chromium.arg(format!(
        "--user-data-dir={}",
        sent.folder.path().join("profile").display()
    ));
    chromium.arg(format!("--app=file://{}", page.display()));
    let _running = Running::start(chromium);
    assert_eq!(sent.judged("open").await, "browser human");
    // What is pressed before the page listens goes nowhere.
    until("the link was pressed", async || {
        screen.press("chromium", &["Tab", "Return"]).await;
        sent.hit("click").await
    })
    .await;
    assert_eq!(sent.judged("click").await, "browser human");
}

#[tokio::test(flavor = "multi_thread")]
async fn evolution_shows_a_mail() {
    let (sent, screen) = (Sent::new().await, Screen::on().await);
    let home = sent.folder.path();
    let mails = home.join(".local/share/evolution/mail/local");
    let settings = home.join(".config/glib-2.0/settings");
    for folder in [&mails, &mails.join(".Outbox")] {
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
    }
    // Else it asks whether it may change the format of its mailboxes.
    std::fs::write(mails.join("..maildir++"), "maildir++ 1").unwrap();
    let sources = home.join(".config/evolution/sources");
    for folder in [&settings, &sources] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let account = "[Data Source]\nDisplayName=ann\nEnabled=true\nParent=\n\
        [Mail Account]\nBackendName=none\nNeedsInitialSetup=false\n";
    std::fs::write(sources.join("ann.source"), account).unwrap();
    // Pictures as after "always load remote content", under the name of today and the one it takes over from.
    let wanted = "[org/gnome/evolution/mail]\nimage-loading-policy='always'\nload-http-images=2\n\
        prompt-check-if-default-mailer=false\n[org/gnome/evolution-data-server]\nmigrated=true\n\
        [org/gnome/evolution]\nversion='3.46.4'\n";
    std::fs::write(settings.join("keyfile"), wanted).unwrap();
    let evolution = || {
        let mut evolution = screen.program("evolution", home);
        evolution.env("GSETTINGS_BACKEND", "keyfile");
        evolution.args(["--force-online", "folder://local/Inbox"]);
        Running::start(evolution)
    };
    // The first time it sets itself up, and sees no mail.
    let first = evolution();
    until("the mailbox is set up", async || {
        mails.join("folders.db").exists().then_some(())
    })
    .await;
    screen.window("evolution").await;
    drop(first);
    std::fs::copy(sent.mail(), mails.join("new/1.ann")).unwrap();
    let _second = evolution();
    assert_eq!(sent.judged("open").await, "evolution human");
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_without_a_screen_is_a_machine() {
    let sent = Sent::new().await;
    let source = std::fs::read_to_string(sent.mail()).unwrap();
    let message = mail_parser::MessageParser::default()
        .parse(source.as_bytes())
        .unwrap();
    let page = sent.folder.path().join("detonated.html");
    std::fs::write(&page, message.body_html(0).unwrap().as_bytes()).unwrap();
    let mut chromium = std::process::Command::new("chromium");
    chromium.args([
        "--headless=new",
        "--no-sandbox",
        "--disable-background-networking",
        "--dump-dom",
    ]);
    chromium.arg(format!(
        "--user-data-dir={}",
        sent.folder.path().join("profile").display()
    ));
    chromium.arg(format!("file://{}", page.display()));
    let _running = Running::start(chromium);
    assert_eq!(sent.judged("open").await, "headless_browser machine");
}
